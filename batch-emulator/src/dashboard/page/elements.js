// HTML and SVG elements. Strings from clients become text nodes or attributes, and never HTML.

const SVG = 'http://www.w3.org/2000/svg';

export const at = (id) => document.getElementById(id);

function fill(element, attributes, children) {
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined && value !== false) element.setAttribute(key, value === true ? '' : value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined && child !== ''));
  return element;
}

/** Creates an HTML element with attributes; strings among the children become text nodes. */
export function html(name, attributes = {}, ...children) {
  return fill(document.createElement(name), attributes, children);
}

/** Creates an SVG element with attributes. */
export function svg(name, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG, name), attributes, children);
}

/** Creates a link within the page. */
export function link(route, ...children) {
  return html('a', { href: route }, ...children);
}

/** Sets the text of an element if it differs; unchanged text is not announced and keeps its selection. */
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/**
 * Replaces the children of an element if `key` differs from the last time. The link or field that has the focus keeps
 * it, as the one with the same `data-focus` or address among the new children.
 */
export function renew(element, key, make) {
  if (element.dataset.key === key) return;
  element.dataset.key = key;
  const focused = element.contains(document.activeElement) ? document.activeElement.getAttribute('href') : null;
  element.replaceChildren(...[make()].flat());
  if (focused !== null) [...element.querySelectorAll('a')].find((found) => found.getAttribute('href') === focused)?.focus();
}
