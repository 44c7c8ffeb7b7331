/*
 * The lowest grade shown: the map and the lanes follow at once, Python is told when the hand rests.
 */

/** @import { Component, GradeMessage } from "../shared/messages.js" */

import { bus } from "../shared/bus.js";
import { $, option } from "../shared/dom.js";
import { eachTime, Rest } from "../shared/rest.js";
import { widget } from "./widget.js";

class GradeChoice {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root;
    this.choice = $("select");
    this.words = $("span");
    /** @type {string | null} */
    this.shown = null;
    /** @type {string | null} */
    this.sent = null;
    this.rest = new Rest();
    this.tell = (/** @type {string} */ _name, /** @type {unknown} */ _value) => {};
    this.choice.addEventListener("change", () => this.choose());
    const label = $("label");
    label.append(this.words, this.choice);
    root.append(label);
  }

  choose() {
    bus.tell("grade", this.choice.value);
    this.rest.soon(() => {
      this.sent = this.choice.value;
      this.tell("grade", this.sent);
    });
  }

  /** @param {GradeMessage} data */
  update({ grade, grades, help, label }) {
    this.words.textContent = label;
    this.root.title = help;
    this.choice.replaceChildren(...grades.map(([value, words]) => option(value, words)));
    const isNews = this.sent === null || grade !== this.sent || bus.get("grade") === this.sent;
    if (this.shown !== grade && isNews) bus.put("grade", grade);
    this.shown = grade;
    this.choice.value = bus.get("grade") ?? grade;
  }
}

/** @param {Component<GradeMessage>} component */
export function grade(component) {
  const own = widget(component, "mm-least", (root) => new GradeChoice(root));
  own.tell = eachTime(component.setStateValue);
  own.update(component.data);
}
