/*
 * A few sentences and a button that copies them.
 */

/** @import { Component, WordsMessage } from "../shared/messages.js" */

import { $, button } from "../shared/dom.js";
import { slot } from "./widget.js";

const COPIED_MS = 1500;

/** @param {Component<WordsMessage>} component */
export function words(component) {
  const { copied, copy, lines } = component.data;
  const made = button(copy, async () => {
    await navigator.clipboard.writeText(lines.join("\n"));
    made.textContent = copied;
    setTimeout(() => {
      made.textContent = copy;
    }, COPIED_MS);
  });
  const list = $("div");
  list.append(...lines.map((line) => $("p", "", line)));
  slot(component, "mm-words").replaceChildren(list, made);
}
