// HTML and SVG elements, and formatting of short texts.

const SVG = 'http://www.w3.org/2000/svg';

export const at = (id) => document.getElementById(id);
export const number = (value) => value.toLocaleString('en');
export const clock = (millis) => new Date(millis).toLocaleTimeString('en-GB');

function fill(element, attributes, children) {
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
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

/** Sets the text of an element if it differs; unchanged text is not announced and keeps its selection. */
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
