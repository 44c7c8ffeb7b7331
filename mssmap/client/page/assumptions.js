/*
 * What a plan assumes: the service standard, the way of travel, what zones and the status of roads do to it.
 */

/** @import { Component, StandardMessage, TravelMessage } from "../shared/messages.js" */

import { $, button } from "../shared/dom.js";
import { field, options, put } from "./fields.js";
import { act, drawn, overlaid } from "./in_hand.js";
import { widget } from "./widget.js";

const LONGEST = 600;

/** The service standard: a number, its unit, and the usual ones. */
class Standard {
  /**
   * @param {HTMLElement} root
   * @param {StandardMessage} data
   */
  constructor(root, data) {
    this.root = root;
    this.data = data;
    this.number = $("input");
    this.unit = $("select");
    this.quick = $("div", "mm-acts");
    /** @type {HTMLButtonElement[]} */
    this.buttons = [];
    Object.assign(this.number, { type: "number", min: 0, max: LONGEST, step: 5 });
    options(this.unit, [["min", "min"], ["km", "km"]]);
    this.labels = { standard: field("", this.number), unit: field("", this.unit, "mm-narrow") };
    root.append(this.labels.standard.node, this.labels.unit.node, this.quick);
    this.number.addEventListener("change", () => this.choose());
    this.unit.addEventListener("change", () => this.assume({ unit: this.unit.value }));
  }

  /** @param {Record<string, unknown>} values */
  assume(values) {
    act({ kind: "assume", ...values }, this.data.of);
  }

  choose() {
    const value = Number(this.number.value);
    this.number.setCustomValidity(value > 0 && value <= LONGEST ? "" : this.data.words.range);
    if (this.number.reportValidity()) this.assume({ standard: value });
  }

  /** @param {StandardMessage} data */
  update(data) {
    this.data = data;
    this.labels.standard.words.textContent = data.words.standard;
    this.labels.unit.words.textContent = data.words.unit;
    this.buttons = data.quick.map((minutes) =>
      button(String(minutes), () => this.assume({ standard: minutes, unit: "min" }))
    );
    this.quick.replaceChildren(...this.buttons);
  }

  draw() {
    const values = overlaid(this.data, "assume");
    put(this.number, values.standard);
    put(this.unit, values.unit);
    this.quick.hidden = values.unit !== "min";
    for (const one of [this.number, this.unit, ...this.buttons]) one.disabled = Boolean(this.data.barred);
    for (const one of this.buttons) {
      one.setAttribute("aria-pressed", String(Number(one.textContent) === Number(values.standard)));
    }
  }
}

/** @param {Component<StandardMessage>} component */
export function standard(component) {
  const own = widget(component, "mm-form", (root) => new Standard(root, component.data));
  own.update(component.data);
  drawn("standard", own.root, () => own.draw());
}

/** Way of travel, what zones do to a road, whether the status of roads counts. */
class Travel {
  /**
   * @param {HTMLElement} root
   * @param {TravelMessage} data
   */
  constructor(root, data) {
    this.root = root;
    this.data = data;
    const box = $("input");
    box.type = "checkbox";
    const inputs = { travel: $("select"), streets: $("select"), zones: $("select"), use_status: box };
    this.fields = Object.entries(inputs).map(([name, input]) => {
      const made = field("", input, input === box ? "mm-check" : "");
      root.append(made.node);
      input.addEventListener("change", () => {
        const value = input === box ? box.checked : input.value;
        act({ kind: "assume", [name]: value }, this.data.of);
      });
      return { name, input, node: made.node, words: made.words };
    });
  }

  /** @param {TravelMessage} data */
  update(data) {
    this.data = data;
    for (const { input, name, words } of this.fields) {
      words.textContent = data.words[name];
      if (input instanceof HTMLSelectElement && data.choices[name]) options(input, data.choices[name]);
      input.disabled = Boolean(data.barred);
    }
  }

  draw() {
    const values = overlaid(this.data, "assume");
    for (const { input, name, node } of this.fields) {
      put(input, values[name]);
      // a choice of roads only where roads count, and where there is one
      if (name === "streets") node.hidden = values.travel !== "road" || this.data.choices.streets.length < 2;
    }
  }
}

/** @param {Component<TravelMessage>} component */
export function travel(component) {
  const own = widget(component, "mm-form", (root) => new Travel(root, component.data));
  own.update(component.data);
  drawn("travel", own.root, () => own.draw());
}
