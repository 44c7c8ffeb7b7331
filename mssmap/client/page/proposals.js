/*
 * Proposals: placed by coordinates or by an act that the server has prepared, edited, taken away.
 */

/** @import { ActMessage, Component, CoordinatesMessage, Proposal, ProposalsMessage } from "../shared/messages.js" */

import { $, button } from "../shared/dom.js";
import { field, options, put } from "./fields.js";
import { act, drawn, ownId, page, unseen } from "./in_hand.js";
import { slot, widget } from "./widget.js";

/**
 * A number between two others.
 * @param {number} min
 * @param {number} max
 * @param {number} value
 */
const numberInput = (min, max, value) => Object.assign($("input"), { type: "number", min, max, value, step: "any" });

/**
 * Place a base by its coordinates.
 * @param {Component<CoordinatesMessage>} component
 */
export function coordinates(component) {
  const own = widget(component, "mm-form", (root) => {
    const held = { data: component.data };
    const { barred, words } = component.data;
    const lat = numberInput(17.5, 20.6, 18.55);
    const lon = numberInput(-75, -71, -72.3);
    const place = button(words.place, () => {
      if (!lat.reportValidity() || !lon.reportValidity()) return;
      const at = { lat: Number(lat.value), lon: Number(lon.value) };
      act({ kind: "place", proposal: ownId(), ...at }, held.data.of);
    });
    place.disabled = Boolean(barred);
    root.append(field(words.lat, lat, "mm-half").node, field(words.lon, lon, "mm-half").node, place);
    return held;
  });
  own.data = component.data;
}

/**
 * A button that does an act which the server has prepared.
 * @param {Component<ActMessage>} component
 */
export function actButton(component) {
  const { act: deed, barred, label } = component.data;
  const made = button(label, () => {
    if (!deed) return;
    act(deed.kind === "place" ? { ...deed, proposal: ownId() } : deed, page.data ? page.data.of : "");
  });
  made.disabled = Boolean(barred) || !deed;
  slot(component, "mm-form").replaceChildren(made);
}

/**
 * The rows of the server with the edits that they do not hold yet.
 * @param {ProposalsMessage} data
 */
function proposalRows(data) {
  const rows = new Map(data.rows.map((row) => [row.id, { ...row }]));
  for (const one of unseen(data)) {
    if (one.kind === "edit") {
      const row = rows.get(one.proposal);
      if (row) Object.assign(row, one, { id: one.proposal });
    }
    if (one.kind === "remove") rows.delete(one.proposal);
  }
  return rows;
}

/** Name, rule, capacity and note of a proposal; one of one's own can be taken away. */
class Proposals {
  /**
   * @param {HTMLElement} root
   * @param {ProposalsMessage} data
   */
  constructor(root, data) {
    this.root = root;
    this.data = data;
    this.chosen = "";
    /**
     * Fields that the person has written in.
     * @type {Set<keyof Proposal>}
     */
    this.dirty = new Set();
    this.choice = $("select");
    this.name = $("input");
    this.capacity = $("input");
    this.rule = $("select");
    const note = $("textarea");
    Object.assign(this.name, { maxLength: 120, required: true });
    Object.assign(this.capacity, { type: "number", min: 0, max: 5000, step: 1 });
    note.maxLength = 2000;
    /** @type {[keyof Proposal, HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement][]} */
    this.inputs = [["name", this.name], ["rule", this.rule], ["capacity", this.capacity], ["note", note]];
    this.labels = [this.choice, ...this.inputs.map(([, input]) => input)].map((input) => field("", input));
    this.save = button("", () => this.send());
    this.away = button("", () => act({ kind: "remove", proposal: this.chosen }, this.data.of), "mm-quiet");
    root.append(...this.labels.map(({ node }) => node), this.save, this.away);
    this.listen();
  }

  listen() {
    for (const [name, input] of this.inputs) input.addEventListener("input", () => this.dirty.add(name));
    this.choice.addEventListener("change", () => {
      this.dirty.clear();
      this.chosen = this.choice.value;
      this.draw();
    });
  }

  /** What was written becomes an act. */
  send() {
    if (!this.dirty.size || !this.name.reportValidity() || !this.capacity.reportValidity()) return;
    /** @type {Record<string, unknown>} */
    const said = {};
    for (const [name, { value }] of this.inputs) {
      if (!this.dirty.has(name)) continue;
      said[name] = name === "capacity" ? (value === "" ? null : Number(value)) : value;
    }
    this.dirty.clear();
    act({ kind: "edit", proposal: this.chosen, ...said }, this.data.of);
  }

  /** @param {ProposalsMessage} data */
  update(data) {
    this.data = data;
    const { rules, words } = data;
    const labels = [words.proposal, words.name, words.rule, words.capacity, words.note];
    this.labels.forEach((label, i) => {
      label.words.textContent = labels[i];
    });
    this.save.textContent = words.save;
    this.away.textContent = words.remove;
    options(this.rule, rules);
  }

  draw() {
    const { data } = this;
    const rows = proposalRows(data);
    if (!rows.has(this.chosen)) {
      this.chosen = rows.keys().next().value ?? "";
      this.dirty.clear();
    }
    const named = new Map(data.rows.map((row) => [row.id, row.name]));
    options(
      this.choice,
      [...rows.values()].map(({ id, name }) => [id, named.get(id) === name ? data.titles[id] : name]),
    );
    this.choice.value = this.chosen;
    const row = rows.get(this.chosen);
    for (const [name, input] of this.inputs) if (!this.dirty.has(name)) put(input, row?.[name]);
    this.away.hidden = !row?.own;
    for (const one of [...this.inputs.map(([, input]) => input), this.save, this.away]) {
      one.disabled = Boolean(data.barred);
    }
  }
}

/** @param {Component<ProposalsMessage>} component */
export function proposals(component) {
  const own = widget(component, "mm-form", (root) => new Proposals(root, component.data));
  own.update(component.data);
  drawn("proposals", own.root, () => own.draw());
}
