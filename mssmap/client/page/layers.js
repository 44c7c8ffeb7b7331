/*
 * Check boxes for every layer with their counts; the map follows at once, Python is told when the hand rests.
 */

/** @import { Component, Counts, Doubt, LayerGroup, LayerItem, LayersMessage } from "../shared/messages.js" */

import { bus } from "../shared/bus.js";
import { $, focusedIn } from "../shared/dom.js";
import { Telling } from "../shared/rest.js";
import { fill } from "../shared/words.js";
import { picture } from "./glyphs.js";
import { widget } from "./widget.js";

/** Announced events are not counted with those that happened. */
const NOT_COUNTED = "events.planned";

/**
 * The number beside a switch, a range where some are in doubt, and the sums of the doubts.
 * @param {string[]} ids
 * @param {Pick<Counts, "tally" | "doubt">} counts
 * @returns {{ words: string, doubts: Doubt }}
 */
export function numberOf(ids, { doubt, tally }) {
  const value = ids.reduce((total, id) => total + (tally[id] || 0), 0);
  /** @type {Doubt} */
  const doubts = [0, 0, 0];
  for (const id of ids) {
    for (const which of [0, 1, 2]) doubts[which] += doubt[id]?.[which] ?? 0;
  }
  const [dates, places, below] = doubts;
  const low = value - dates;
  const high = value + places + below;
  const words = !value && below ? "–" : low === high ? String(value) : `${low}–${high}`;
  return { words, doubts };
}

class LayerList {
  /**
   * @param {HTMLElement} root
   * @param {LayersMessage} data
   */
  constructor(root, data) {
    this.root = root;
    this.data = data;
    /** @type {Set<string>} */
    this.on = new Set();
    /** @type {{ input: HTMLInputElement, ids: string[] }[]} */
    this.boxes = [];
    /** @type {{ node: HTMLElement, ids: string[] }[]} */
    this.numbers = [];
    this.telling = new Telling();
  }

  /**
   * @param {LayersMessage} data
   * @param {string | undefined} focused  id of the switch that has the focus
   */
  update(data, focused) {
    this.data = data;
    if (this.telling.isHeard("on")) this.on = new Set(data.on);
    bus.put("layers", [...this.on]);
    this.boxes = [];
    this.numbers = [];
    this.root.replaceChildren(...data.groups.map((group) => this.section(group)));
    this.mark();
    this.count();
    const again = focused && this.root.querySelector(`[data-id="${CSS.escape(focused)}"]`);
    if (again instanceof HTMLElement) again.focus();
  }

  /** @param {LayerGroup} group */
  section(group) {
    const before = this.root.querySelector(`section[data-id="${group.id}"] .mm-fold`);
    const part = $("section");
    const list = $("ul");
    const ids = group.items.map(({ id }) => id);
    part.dataset.id = group.id;
    list.append(...group.items.map((item) => this.row(item, group.counted)));
    const number = this.number(group.counted ? ids.filter((id) => id !== NOT_COUNTED) : []);
    const head = $("div", "mm-head");
    const isOpen = before ? before.ariaExpanded === "true" : group.open;
    head.append(foldOf(group, list, isOpen), this.box(ids, group.id, $("span", "mm-name", group.label), number));
    part.append(head, ...(group.timed ? [$("div", "mm-window")] : []), list);
    return part;
  }

  /**
   * @param {LayerItem} item
   * @param {boolean} isCounted
   */
  row({ id, label, symbol }, isCounted) {
    const row = $("li");
    const words = [picture(symbol), $("span", "mm-name", label), this.number(isCounted ? [id] : [])];
    row.append(this.box([id], id, ...words));
    return row;
  }

  /**
   * @param {string[]} ids
   * @param {string} id
   * @param {HTMLElement[]} words
   */
  box(ids, id, ...words) {
    const label = $("label");
    const input = $("input");
    input.type = "checkbox";
    input.dataset.id = id;
    input.addEventListener("change", () => this.change(ids, input.checked));
    this.boxes.push({ input, ids });
    label.append(input, ...words);
    return label;
  }

  /** @param {string[]} ids */
  number(ids) {
    const node = $("span", "mm-n");
    if (ids.length) this.numbers.push({ node, ids });
    return node;
  }

  /**
   * @param {string[]} ids
   * @param {boolean} isWanted
   */
  change(ids, isWanted) {
    for (const id of ids) {
      if (isWanted) this.on.add(id);
      else this.on.delete(id);
    }
    bus.tell("layers", [...this.on]);
    this.mark();
    this.telling.soon("on", [...this.on]);
  }

  /** A box of a group is ticked if all its layers are on, and half ticked if some are. */
  mark() {
    for (const { input, ids } of this.boxes) {
      const lit = ids.filter((id) => this.on.has(id)).length;
      input.checked = lit === ids.length;
      input.indeterminate = lit > 0 && lit < ids.length;
    }
  }

  /** Writes the counts of the map into the list. */
  count() {
    const counts = bus.get("counts") ?? { tally: {}, doubt: {}, window: "" };
    for (const node of this.root.querySelectorAll(".mm-window")) node.textContent = counts.window;
    const { below, dates, places } = this.data.reasons;
    for (const { node, ids } of this.numbers) {
      const { words, doubts } = numberOf(ids, counts);
      node.textContent = words;
      node.title = [dates, places, below].flatMap((why, i) => (doubts[i] ? [fill(why, { n: doubts[i] })] : [])).join(
        " ",
      );
    }
  }
}

/**
 * @param {LayerGroup} group
 * @param {HTMLElement} list
 * @param {boolean} isOpen
 */
function foldOf(group, list, isOpen) {
  const fold = $("button", "mm-fold");
  const show = (/** @type {boolean} */ isWanted) => {
    fold.ariaExpanded = String(isWanted);
    list.hidden = !isWanted;
  };
  fold.type = "button";
  fold.dataset.id = "fold-" + group.id;
  fold.ariaLabel = group.label;
  fold.addEventListener("click", () => show(list.hidden === true));
  show(isOpen);
  return fold;
}

/** @param {Component<LayersMessage>} component */
export function layers(component) {
  const { data, parentElement, signal } = component;
  const own = widget(component, "mm-layers", (root) => {
    const made = new LayerList(root, data);
    bus.on("counts", () => made.count(), signal);
    return made;
  });
  own.telling.serve(component);
  own.update(data, focusedIn(parentElement).id);
}
