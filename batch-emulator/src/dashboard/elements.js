// Elements of HTML and SVG, and small things that are said in them.

const SVG = 'http://www.w3.org/2000/svg';

export const at = (id) => document.getElementById(id);
export const number = (value) => value.toLocaleString('en');
export const clock = (millis) => new Date(millis).toLocaleTimeString('en-GB');

function fill(element, attributes, children) {
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

/** An element of HTML with its attributes; texts among the children stay texts. */
export function html(name, attributes = {}, ...children) {
  return fill(document.createElement(name), attributes, children);
}

/** An element of SVG with its attributes. */
export function svg(name, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG, name), attributes, children);
}

/** Sets a text where it is another; what does not change is not announced and keeps a selection. */
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
