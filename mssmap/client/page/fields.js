/*
 * Fields of a form that a person may be writing in while the page brings new values.
 */

/** @import { Choices } from "../shared/messages.js" */

import { $, option } from "../shared/dom.js";

/** @typedef {HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement} Input */

/**
 * A field with its label above it.
 * @param {string} label
 * @param {Input} input
 * @param {string} [className]
 */
export function field(label, input, className = "") {
  const words = $("span", "", label);
  const node = $("label", `mm-field ${className}`);
  node.append(words, input);
  return { node, words };
}

/** @param {Input} input */
const isBox = (input) => input instanceof HTMLInputElement && input.type === "checkbox";

/** @param {Input} input */
function isBeingWritten(input) {
  const root = input.getRootNode();
  const active = root instanceof ShadowRoot || root instanceof Document ? root.activeElement : null;
  return active === input && !isBox(input) && !(input instanceof HTMLSelectElement);
}

/**
 * Shows a value; one that a person is writing stays as it is.
 * @param {Input} input
 * @param {unknown} value
 */
export function put(input, value) {
  if (isBeingWritten(input)) return;
  const text = String(value ?? "");
  if (input instanceof HTMLInputElement && isBox(input)) input.checked = Boolean(value);
  else if (input.value !== text) input.value = text;
}

/** @type {WeakMap<HTMLSelectElement, string>} */
const listed = new WeakMap();

/**
 * Fill a list; one that is the same already is left alone, for it may be open.
 * @param {HTMLSelectElement} select
 * @param {Choices} choices
 */
export function options(select, choices) {
  const content = JSON.stringify(choices);
  if (listed.get(select) === content) return;
  listed.set(select, content);
  select.replaceChildren(...choices.map(([value, words]) => option(value, words)));
}

/**
 * The first line of a table.
 * @param {string[]} columns
 */
export function headLine(columns) {
  const head = $("tr");
  head.append(...columns.map((column) => {
    const cell = $("th", "", column);
    cell.scope = "col";
    return cell;
  }));
  const top = $("thead");
  top.append(head);
  return top;
}
