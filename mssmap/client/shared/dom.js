/*
 * Nodes. Every text that came from data is set as text, never as HTML; a link is set only when it is http(s).
 */

export const SVG = "http://www.w3.org/2000/svg";

/**
 * A new element.
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {string} [className]
 * @param {string | number | null} [text]
 * @returns {HTMLElementTagNameMap[K]}
 */
export function $(tag, className, text) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text !== undefined && text !== null) node.textContent = String(text);
  return node;
}

/**
 * A new element of a drawing.
 * @template {keyof SVGElementTagNameMap} K
 * @param {K} tag
 * @param {Record<string, string | number>} attributes
 * @param {string | number} [text]
 * @returns {SVGElementTagNameMap[K]}
 */
export function svg(tag, attributes, text) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, String(value));
  if (text !== undefined) node.textContent = String(text);
  return node;
}

/**
 * A button that does something.
 * @param {string} words
 * @param {(event: MouseEvent) => void} onClick
 * @param {string} [className]
 */
export function button(words, onClick, className = "") {
  const made = $("button", className, words);
  made.type = "button";
  made.addEventListener("click", onClick);
  return made;
}

/**
 * An entry of a list of choices.
 * @param {string} value
 * @param {string} [words]
 */
export function option(value, words) {
  const made = $("option", "", words);
  made.value = value;
  return made;
}

/**
 * Text that leads to an address, if it is one of the web.
 * @param {string} text
 * @param {string | null} url
 */
export function link(text, url) {
  if (!/^https?:\/\//i.test(url || "")) return $("span", "", text);
  const anchor = $("a", "", text);
  anchor.href = String(url);
  anchor.target = "_blank";
  anchor.rel = "noopener noreferrer";
  return anchor;
}

/**
 * The part of a node that is there for sure, since we made it.
 * @template {Element} E
 * @param {ParentNode} root
 * @param {string} selector
 * @param {new () => E} kind
 * @returns {E}
 */
export function part(root, selector, kind) {
  const found = root.querySelector(selector);
  if (!(found instanceof kind)) throw new TypeError(`${selector}: is not there`);
  return found;
}

/**
 * The id that is written on the node which has the focus, within these nodes.
 * @param {Document | ShadowRoot | HTMLElement} root
 * @returns {DOMStringMap}
 */
export function focusedIn(root) {
  const active = "activeElement" in root ? root.activeElement : null;
  const node = active || document.activeElement;
  return node instanceof HTMLElement ? node.dataset : {};
}
