/*
 * A few sentences and a button that copies them.
 */

/** @import { Component, WordsMessage } from "../shared/messages.js" */

import { bus } from "../shared/bus.js";
import { $, button } from "../shared/dom.js";
import { widget } from "./widget.js";

const COPIED_MS = 1500;

class Words {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.list = $("div");
    this.isFollowing = false;
    this.copied = "";
    this.copy = button("", () => this.take());
    root.append(this.list, this.copy);
  }

  async take() {
    await navigator.clipboard.writeText([...this.list.children].map((line) => line.textContent).join("\n"));
    const { textContent } = this.copy;
    this.copy.textContent = this.copied;
    setTimeout(() => {
      this.copy.textContent = textContent;
    }, COPIED_MS);
  }

  /** @param {string[]} lines */
  write(lines) {
    this.list.replaceChildren(...lines.map((line) => $("p", "", line)));
  }

  /** @param {Component<WordsMessage>} component */
  update({ data, signal }) {
    this.copied = data.copied;
    this.copy.textContent = data.copy;
    this.write(data.lines);
    if (this.isFollowing || !data.follows) return;
    this.isFollowing = true;
    bus.on("answer", ({ lines }) => this.write(lines), signal);
  }
}

/** @param {Component<WordsMessage>} component */
export function words(component) {
  widget(component, "mm-words", (root) => new Words(root)).update(component);
}
