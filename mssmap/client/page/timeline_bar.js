/*
 * The player of the timeline: steps, play, speed, zoom.
 */

/**
 * @import { LanesMessage } from "../shared/messages.js"
 * @import { Unit } from "./timeline_scale.js"
 */

import { $, button, option } from "../shared/dom.js";

const UNITS = /** @type {Unit[]} */ (["day", "week", "month"]);
const SPEEDS = ["2", "5", "10", "30"];
const CLOSER = 0.6;

/**
 * @typedef {object} Acts
 * @property {(n: number) => void} step
 * @property {() => void} toggle
 * @property {(factor: number) => void} zoom
 */

export class PlayerBar {
  /** @param {Acts} acts */
  constructor(acts) {
    /** @type {Unit} */
    this.unit = "day";
    /** Steps a second. */
    this.speed = 10;
    this.clock = $("output", "mm-clock");
    this.buttons = {
      back: button("‹", () => acts.step(-1)),
      play: button("▶", () => acts.toggle()),
      on: button("›", () => acts.step(1)),
      zoom_in: button("+", () => acts.zoom(CLOSER)),
      zoom_out: button("−", () => acts.zoom(1 / CLOSER)),
      zoom_all: button("↔", () => acts.zoom(0)),
    };
    this.units = choiceOf(UNITS, (value) => {
      this.unit = UNITS.find((unit) => unit === value) ?? "day";
    });
    this.speeds = choiceOf(SPEEDS, (value) => {
      this.speed = Number(value);
    });
    this.speeds.select.value = String(this.speed);
  }

  /** Its parts in their order. */
  nodes() {
    const { back, on, play, zoom_all, zoom_in, zoom_out } = this.buttons;
    return [back, play, on, this.clock, this.units.label, this.speeds.label, zoom_in, zoom_out, zoom_all];
  }

  /**
   * Its words in the language of the page.
   * @param {LanesMessage["words"]} words
   * @param {boolean} isPlaying
   * @param {string} day
   */
  tell(words, isPlaying, day) {
    const { back, on, play, zoom_all, zoom_in, zoom_out } = this.buttons;
    name(back, words.back);
    name(on, words.on);
    name(zoom_in, words.zoom_in);
    name(zoom_out, words.zoom_out);
    name(zoom_all, words.zoom_all);
    name(play, isPlaying ? words.pause : words.play);
    play.textContent = isPlaying ? "⏸" : "▶";
    this.units.tell(words.unit, UNITS.map((unit) => words[unit]));
    this.speeds.tell(words.speed, SPEEDS.map((speed) => `${speed}/s`));
    this.clock.textContent = day;
  }
}

/**
 * @param {HTMLElement} node
 * @param {string} label
 */
function name(node, label) {
  node.setAttribute("aria-label", label);
  node.title = label;
}

/**
 * @param {string[]} values
 * @param {(value: string) => void} take
 */
function choiceOf(values, take) {
  const label = $("label");
  const title = $("span");
  const select = $("select");
  const options = values.map((value) => option(value));
  select.append(...options);
  select.addEventListener("change", () => take(select.value));
  label.append(title, select);
  const tell = (/** @type {string} */ words, /** @type {string[]} */ texts) => {
    title.textContent = words;
    options.forEach((one, i) => {
      one.textContent = texts[i];
    });
  };
  return { label, select, tell };
}
