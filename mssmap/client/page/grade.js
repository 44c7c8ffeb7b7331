/*
 * The lowest grade shown: the map and the lanes follow at once, Python is told when the hand rests.
 */

/** @import { Component, GradeMessage } from "../shared/messages.js" */

import { bus } from "../shared/bus.js";
import { $, option } from "../shared/dom.js";
import { Telling } from "../shared/rest.js";
import { widget } from "./widget.js";

class GradeChoice {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root;
    this.choice = $("select");
    this.words = $("span");
    this.telling = new Telling();
    this.choice.addEventListener("change", () => this.choose());
    const label = $("label");
    label.append(this.words, this.choice);
    root.append(label);
  }

  choose() {
    bus.tell("grade", this.choice.value);
    this.telling.soon("grade", this.choice.value);
  }

  /** @param {GradeMessage} data */
  update({ grade, grades, help, label }) {
    this.words.textContent = label;
    this.root.title = help;
    const held = this.choice.value;
    this.choice.replaceChildren(...grades.map(([value, words]) => option(value, words)));
    this.choice.value = this.telling.isHeard("grade") ? grade : held;
    bus.put("grade", this.choice.value);
  }
}

/** @param {Component<GradeMessage>} component */
export function grade(component) {
  const own = widget(component, "mm-least", (root) => new GradeChoice(root));
  own.telling.serve(component);
  own.update(component.data);
}
