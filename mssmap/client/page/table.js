/*
 * The table twin: the same rows that the map draws, from the same message. Sortable, searchable, a row opens its record.
 */

/** @import { Component, PublishedRecords, Shown } from "../shared/messages.js" */

import { bus } from "../shared/bus.js";
import { $, button } from "../shared/dom.js";
import { published, readJson } from "../shared/files.js";
import { Rest } from "../shared/rest.js";
import { headOf, isAmong } from "../shared/symbols.js";
import { fill, nameIn, otherLanguage } from "../shared/words.js";
import { picture } from "./glyphs.js";
import { widget } from "./widget.js";

/** @typedef {{ id: string, symbol: string, cells: string[], lang: string, key: string, all: string }} Row */
/** @typedef {{ column: number, down: boolean }} Sort */

const COLUMNS = ["name", "layer", "state", "where", "grade"];
const SOON_MS = 200;

/** @type {Map<string, Promise<PublishedRecords>>} */
const files = new Map();

/**
 * Names and places of the records, read once.
 * @param {string} file
 */
function namesOf(file) {
  const known = files.get(file);
  if (known) return known;
  const coming = /** @type {Promise<PublishedRecords>} */ (readJson(published(file)));
  files.set(file, coming);
  coming.catch(() => files.delete(file));
  return coming;
}

/**
 * Rows of a view whose layers are on.
 * @param {Shown} view
 * @param {PublishedRecords} known
 * @param {Set<string>} on
 * @returns {Row[]}
 */
export function rowsOf(view, known, on) {
  const { text, zone_layer: zones } = view;
  /** @type {(id: string, symbol: string, at: unknown, named: { n: Record<string, string>, p: string }, line: string, grade: string) => Row} */
  const row = (id, symbol, at, { n, p }, line, grade) => {
    const where = (text["precision_" + p] || "") + (at ? "" : ` (${text.off_map})`);
    const title = text[headOf(symbol)] || text.facilities;
    const cells = [nameIn(n, view.lang), title, line, where, grade];
    const lang = otherLanguage(n, view.lang);
    return {
      id,
      symbol,
      cells,
      lang,
      key: [id, symbol, ...cells].join("\n"),
      all: cells.join(" ").toLocaleLowerCase(),
    };
  };
  const found = [
    ...view.records.map(([id, symbol, , line, grade]) =>
      row(id, symbol, known.points[id].at, known.points[id], line, grade)
    ),
    ...view.zones.map(([id, level, , line, grade]) =>
      row(id, zones + "." + level, true, known.points[id], line, grade)
    ),
    ...view.events.map(([i, line, , grade]) => {
      const event = known.events[i];
      return row(event.id, event.g, event.at, event, line, grade);
    }),
  ];
  return found.filter(({ symbol }) => isAmong(on, symbol));
}

/**
 * The rows that hold a text, in their order.
 * @param {Row[]} rows
 * @param {string} search
 * @param {Sort} sort
 */
export function sorted(rows, search, { column, down }) {
  const needle = search.trim().toLocaleLowerCase();
  const found = rows.filter((row) => !needle || row.all.includes(needle));
  return found.sort((a, b) => {
    const order = a.cells[column].localeCompare(b.cells[column], undefined, { numeric: true });
    return down ? -order : order;
  });
}

class TableTwin {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root;
    this.pick = (/** @type {string} */ _id) => {};
    /** @type {Sort} */
    this.sort = { column: 1, down: false };
    /** @type {Row[]} */
    this.rows = [];
    /** @type {Map<string, HTMLTableRowElement>} */
    this.lines = new Map();
    this.rest = new Rest(SOON_MS);
    this.search = $("input");
    this.search.type = "search";
    this.search.addEventListener("input", () => this.draw());
    this.count = $("span", "mm-n");
    this.caption = $("caption");
    this.heads = COLUMNS.map((_name, i) => this.headCell(i));
    this.body = $("tbody");
    this.none = $("p", "mm-empty");
    this.scroller = this.build();
  }

  build() {
    const bar = $("div", "mm-bar");
    bar.append(this.search, this.count);
    const head = $("tr");
    head.append(...this.heads.map(({ cell }) => cell));
    const top = $("thead");
    top.append(head);
    const table = $("table");
    table.append(this.caption, top, this.body);
    const scroller = $("div", "mm-scroll");
    scroller.tabIndex = 0;
    scroller.setAttribute("role", "region");
    scroller.append(table, this.none);
    this.root.append(bar, scroller);
    return scroller;
  }

  /** @param {number} column */
  headCell(column) {
    const cell = $("th");
    const words = button("", () => {
      this.sort = { column, down: this.sort.column === column && !this.sort.down };
      this.draw();
    });
    cell.scope = "col";
    cell.append(words);
    return { cell, words };
  }

  async read() {
    const view = bus.get("shown");
    if (!view || !this.root.isConnected) return;
    const known = await namesOf(view.names);
    this.rows = rowsOf(view, known, new Set(bus.get("layers") ?? view.on));
    const { filter, table } = view.text;
    this.search.placeholder = filter;
    this.search.setAttribute("aria-label", filter);
    this.scroller.setAttribute("aria-label", table);
    this.draw();
  }

  draw() {
    const words = bus.get("shown")?.text;
    if (!words) return;
    const shown = sorted(this.rows, this.search.value, this.sort);
    this.count.textContent = fill(words.rows, { n: shown.length });
    this.caption.textContent = words.table;
    this.heads.forEach(({ cell, words: title }, i) => {
      const order = this.sort.down ? "descending" : "ascending";
      cell.setAttribute("aria-sort", i === this.sort.column ? order : "none");
      title.textContent = words[COLUMNS[i]];
    });
    this.fill(shown);
    this.none.textContent = words.none;
    this.none.hidden = shown.length > 0;
  }

  /**
   * Lines that stay where they are are not touched.
   * @param {Row[]} shown
   */
  fill(shown) {
    const before = this.lines;
    this.lines = new Map(shown.map((row) => [row.key, before.get(row.key) || this.lineOf(row)]));
    for (const [key, line] of before) if (!this.lines.has(key)) line.remove();
    let at = this.body.firstChild;
    for (const line of this.lines.values()) {
      if (line === at) at = at.nextSibling;
      else this.body.insertBefore(line, at);
    }
  }

  /** @param {Row} row */
  lineOf({ cells, lang, id, symbol }) {
    const line = $("tr");
    const first = $("td");
    const open = button("", () => {
      document.querySelector(".st-key-map")?.scrollIntoView({ block: "nearest" });
      this.pick(id);
    }, "mm-open");
    const name = $("span", "", cells[0]);
    if (lang) name.lang = lang;
    open.append(picture(symbol), name);
    first.append(open);
    line.append(first, ...cells.slice(1).map((cell) => $("td", "", cell)));
    line.dataset.id = id;
    return line;
  }
}

/** @param {Component<unknown>} component */
export function twin(component) {
  const { setTriggerValue, signal } = component;
  const own = widget(component, "mm-twin", (root) => {
    const made = new TableTwin(root);
    bus.on("shown", () => made.read(), signal);
    // the table is long and stands below the map: it waits until the hand rests
    bus.on("layers", () => made.rest.soon(() => made.read()), signal);
    made.read();
    return made;
  });
  own.pick = (id) => setTriggerValue("picked", id);
}
