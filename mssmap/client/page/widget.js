/*
 * A component draws into a place of its own on the page, and keeps what it knows from one run of the page to the next.
 */

/** @import { Component } from "../shared/messages.js" */

import { $ } from "../shared/dom.js";

/** @type {WeakMap<Element, unknown>} */
const held = new WeakMap();

/**
 * The place of a component; made if it is not there.
 * @param {Pick<Component<unknown>, "parentElement">} component
 * @param {string} className
 * @returns {HTMLElement}
 */
export function slot({ parentElement }, className) {
  const found = parentElement.querySelector("." + className);
  if (found instanceof HTMLElement) return found;
  const root = $("div", className);
  parentElement.append(root);
  return root;
}

/**
 * What draws into the place of a component; made at its first run.
 * @template T
 * @param {Pick<Component<unknown>, "parentElement">} component
 * @param {string} className
 * @param {(root: HTMLElement) => T} make
 * @returns {T}
 */
export function widget(component, className, make) {
  const root = slot(component, className);
  if (!held.has(root)) held.set(root, make(root));
  return /** @type {T} */ (held.get(root));
}
