/*
 * The page that needs no server: what the app would fetch is in the file, what Python would hear is not sent.
 */

/**
 * @import {
 *   CardMessage, Component, Day, DialMessage, FiguresMessage, LayersMessage, Manifest, ViewMessage, WordsMessage
 * } from "../shared/messages.js"
 */

import { startMap } from "../map/main.js";
import { bus } from "../shared/bus.js";
import { $, part } from "../shared/dom.js";
import { carry } from "../shared/files.js";
import { Rest } from "../shared/rest.js";
import { watchTheme } from "../shared/theme.js";
import { fill } from "../shared/words.js";
import { dial } from "./dial.js";
import { figures } from "./figures.js";
import { knowGlyphs } from "./glyphs.js";
import { layers } from "./layers.js";
import { record } from "./record.js";
import { twin } from "./table.js";
import { words } from "./words.js";

/**
 * What is in the file.
 * @typedef {object} Inside
 * @property {string} title
 * @property {ViewMessage} view
 * @property {Record<string, unknown> & { manifest: Manifest }} files
 * @property {L.Options} map
 * @property {FiguresMessage} figures
 * @property {DialMessage} dial
 * @property {LayersMessage} layers
 * @property {WordsMessage} lines
 * @property {Record<string, CardMessage>} cards
 * @property {{ title: string, licence: string, attribution: string }[]} credits
 * @property {string[]} notes
 * @property {Record<string, string>} words
 */

/** @param {string} id */
const place = (id) => part(document, "#" + id, HTMLElement);

class StandalonePage {
  /** @param {Inside} inside */
  constructor(inside) {
    this.inside = inside;
    this.looks = 0;
    /** @type {Partial<ViewMessage>} */
    this.played = {};
    this.rest = new Rest();
    this.sheet = new CSSStyleSheet();
    this.sheet.replaceSync(place("panel-style").textContent ?? "");
  }

  /**
   * A place on the page for a component, with the styles it has in the app.
   * @param {string} id
   */
  room(id) {
    const host = place(id);
    const root = host.shadowRoot || host.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [this.sheet];
    return root;
  }

  /**
   * @template D
   * @param {(component: Component<D>) => void} component
   * @param {string} id
   * @param {D} data
   * @param {(name: string, value: unknown) => void} [triggered]
   */
  mount(component, id, data, triggered = () => {}) {
    const { signal } = new AbortController();
    const parentElement = this.room(id);
    component({ data, parentElement, heard: 0, setStateValue() {}, setTriggerValue: triggered, signal });
  }

  start() {
    const { inside } = this;
    carry(inside.files);
    knowGlyphs(inside.files.manifest.symbols);
    this.write();
    bus.put("view", inside.view);
    this.tellDay(inside.view);
    this.mount(figures, "figures", inside.figures);
    this.mount(dial, "dial", inside.dial);
    this.mount(layers, "layers", inside.layers);
    this.mount(words, "lines", inside.lines);
    this.mount(twin, "twin", {}, (_name, id) => this.look(String(id)));
    bus.on("select", (id) => this.open(id));
    bus.on("day", (day) => this.follow(day));
    bus.on("played", () => this.rest.soon(() => this.show({})));
    watchTheme(() => bus.tell("theme", null));
    startMap(L.map("map_div", inside.map), "manifest");
  }

  /** The words of the page that stay. */
  write() {
    const { credits, title, words } = this.inside;
    place("title").textContent = title;
    for (const id of ["unofficial", "summary", "table", "credits"]) place(id).textContent = words[id];
    place("credit-list").append(...credits.map((item) => {
      const line = $("li");
      line.append($("strong", "", item.title), ` · ${item.licence} · ${item.attribution}`);
      return line;
    }));
  }

  /**
   * Fills the days into a sentence: `{made}` and `{known}` those of the file, `{day}` and `{now}` those of the map.
   * @param {string} key
   * @param {{ title: string, sub: string }} banner
   */
  said(key, { sub, title }) {
    const { known, made, ...sentences } = this.inside.words;
    return fill(sentences[key], { made, known, day: title, now: sub });
  }

  /**
   * Says of which day the key figures are, and which day the map shows where that is another.
   * @param {Pick<ViewMessage, "day" | "banner">} shown
   */
  tellDay({ banner, day }) {
    place("of-day").textContent = this.said(day === this.inside.view.day ? "here" : "away", banner);
  }

  /**
   * Another day on the map: what is said of it with the view.
   * @param {Day} moved
   */
  follow(moved) {
    const { notes, view } = this.inside;
    const isKnownOn = moved.day === view.history?.known_on;
    const banner = { ...view.banner, title: moved.title, sub: isKnownOn ? view.banner.same : view.banner.other };
    const isOwn = moved.day === view.day;
    const { day, end, start } = moved;
    const described = isOwn ? view.described : this.said("described", banner);
    this.played = { day, start, end, banner, described, notes: isOwn ? view.notes : notes };
    this.tellDay({ day, banner });
  }

  /** @param {Partial<ViewMessage>} more */
  show(more) {
    bus.tell("view", { ...(bus.get("view") ?? this.inside.view), ...this.played, ...more });
  }

  /** @param {string} id */
  look(id) {
    this.looks += 1;
    this.show({ focus: { id, n: this.looks } });
    this.open(id);
  }

  /**
   * Shows the card of a record; the file holds those of its own day only, and says so.
   * @param {string} id
   */
  open(id) {
    const { cards, words: { card, no_card } } = this.inside;
    const panel = place("card");
    const root = this.room("card");
    root.querySelector(".mm-of-day")?.remove();
    panel.hidden = false;
    if (cards[id]) {
      this.mount(record, "card", cards[id], () => {
        panel.hidden = true;
      });
    } else root.replaceChildren();
    root.prepend($("p", "mm-of-day", cards[id] ? card : no_card));
  }
}

new StandalonePage(JSON.parse(place("mssmap-page").textContent ?? "")).start();
