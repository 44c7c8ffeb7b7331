/*
 * Slider and steps of the day: the map follows the hand, Python is told when it rests.
 */

/** @import { Component, DialMessage, DialStep } from "../shared/messages.js" */

import { bus } from "../shared/bus.js";
import { addMonths, dayInWords, isoOf } from "../shared/days.js";
import { $, button } from "../shared/dom.js";
import { Telling } from "../shared/rest.js";
import { widget } from "./widget.js";

/**
 * First and last day of the events that the map shows on a day.
 * @param {Pick<DialMessage, "start" | "end" | "trail">} dial
 * @param {number} day
 */
export function windowOf({ end, start, trail }, day) {
  const last = end ?? day;
  return { start: start ?? last - trail, end: last };
}

class Dial {
  /**
   * @param {HTMLElement} root
   * @param {DialMessage} data
   */
  constructor(root, data) {
    this.data = data;
    this.day = data.day;
    this.telling = new Telling();
    this.words = $("output");
    this.slider = $("input");
    this.slider.type = "range";
    this.slider.addEventListener("input", () => this.go(Number(this.slider.value)));
    const bar = $("div", "mm-steps");
    this.buttons = data.steps.map((step) => button("", () => this.step(step)));
    bar.append(...this.buttons);
    root.append(this.words, this.slider, bar);
  }

  /** @param {DialStep} step */
  step({ days = 0, months = 0 }) {
    this.go(months ? addMonths(this.day, months) : this.day + days);
  }

  /** @param {number} day */
  go(day) {
    const { max, min, months } = this.data;
    this.day = Math.max(min, Math.min(max, day));
    const title = dayInWords(this.day, months);
    this.write(title);
    bus.tell("day", { day: this.day, ...windowOf(this.data, this.day), title });
    this.telling.soon("day", isoOf(this.day));
  }

  /** @param {string} title */
  write(title) {
    this.slider.value = String(this.day);
    this.words.textContent = title;
    this.slider.setAttribute("aria-valuetext", title);
  }

  /** @param {DialMessage} data */
  update(data) {
    this.data = data;
    this.slider.min = String(data.min);
    this.slider.max = String(data.max);
    this.slider.setAttribute("aria-label", data.label);
    data.steps.forEach(({ sign, words }, i) => {
      this.buttons[i].textContent = sign;
      this.buttons[i].title = words;
      this.buttons[i].setAttribute("aria-label", words);
    });
    if (!this.telling.isHeard("day")) return;
    this.day = data.day;
    this.write(data.title);
  }
}

/** @param {Component<DialMessage>} component */
export function dial(component) {
  const own = widget(component, "mm-dial", (root) => new Dial(root, component.data));
  own.telling.serve(component);
  own.update(component.data);
}
