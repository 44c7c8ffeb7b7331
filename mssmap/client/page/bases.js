/*
 * One row a base: a switch, what it is, and what it adds.
 */

/** @import { BaseRow, BasesMessage, Component } from "../shared/messages.js" */

import { bus } from "../shared/bus.js";
import { $, focusedIn } from "../shared/dom.js";
import { headLine } from "./fields.js";
import { picture } from "./glyphs.js";
import { act, activeBases, drawn } from "./in_hand.js";
import { paint } from "./reach.js";
import { widget } from "./widget.js";

/** @param {Iterable<string>} ids */
const inOrder = (ids) => [...ids].sort().join("\n");

class BaseTable {
  /**
   * @param {HTMLElement} root
   * @param {BasesMessage} data
   */
  constructor(root, data) {
    this.root = root;
    this.data = data;
    /** What is switched on the screen, and whether that is more than the page said. */
    this.seen = "";
    this.isPainted = false;
    /** @type {{ line: HTMLElement, input: HTMLInputElement }[]} */
    this.lines = [];
  }

  get listed() {
    return this.data.rows.filter(({ on }) => on).map(({ id }) => id);
  }

  /** @param {BasesMessage} data */
  update(data) {
    this.data = data;
    this.lines = data.rows.map((row) => baseLine(row, data));
    const body = $("tbody");
    body.append(...this.lines.map(({ line }) => line));
    const table = $("table");
    table.append($("caption", "", data.caption), headLine(data.columns), body);
    this.root.replaceChildren(table);
  }

  /** @param {boolean} [always] */
  draw(always = false) {
    const on = activeBases(this.data, this.listed);
    const seen = inOrder(on);
    if (seen === this.seen && !always) return;
    this.seen = seen;
    for (const { input, line } of this.lines) {
      input.checked = on.has(input.dataset.id ?? "");
      line.classList.toggle("on", input.checked);
    }
    const isAhead = seen !== inOrder(this.listed);
    // once painted, it is painted again with what has just come: the paint before it knew less than the server
    if (this.isPainted || isAhead) paint([...on]);
    this.isPainted = isAhead;
  }
}

/**
 * @param {BaseRow} row
 * @param {BasesMessage} data
 */
function baseLine(row, data) {
  const line = $("tr");
  const first = $("td");
  const label = $("label");
  const input = $("input");
  const words = $("span");
  input.type = "checkbox";
  input.dataset.id = row.id;
  input.disabled = Boolean(data.barred);
  input.addEventListener("change", () => act({ kind: "switch", base: row.id, on: input.checked }, data.of));
  words.append($("span", "mm-name", row.name), $("span", "mm-note", row.kind));
  label.append(input, picture(row.symbol), words);
  first.append(label);
  line.append(first, ...row.cells.map((cell) => $("td", "mm-num", cell)));
  return { line, input };
}

/** @param {Component<BasesMessage>} component */
export function bases(component) {
  const { data, parentElement, signal } = component;
  const { id: focused } = focusedIn(parentElement);
  const own = widget(component, "mm-bases", (root) => {
    const made = new BaseTable(root, data);
    bus.on("view", () => requestAnimationFrame(() => made.draw(true)), signal);
    return made;
  });
  own.update(data);
  drawn("bases", own.root, () => own.draw());
  own.draw(true);
  bus.tell("bases", { on: own.listed });
  const again = focused && own.root.querySelector(`input[data-id="${CSS.escape(focused)}"]`);
  if (again instanceof HTMLElement) again.focus();
}
