/*
 * The filter of an archive: kinds of events with their counts, and part of the name of somebody who took part.
 *
 * What is chosen stays with this tab of the browser, for each archive by itself. The server counts and suggests; words
 * go on screen with textContent only.
 */

import { $, button, option } from "../shared/dom.js";
import { Rest } from "../shared/rest.js";
import { inWords } from "../shared/words.js";

/** @typedef {{ kinds: string[], actor: string }} Chosen */
/** @typedef {Record<string, string>} Query */

/**
 * @typedef {object} Tools
 * @property {(path: string, query: Query, signal: AbortSignal) => Promise<unknown>} ask
 * @property {() => void} changed
 */

const SHELF = "mssmap.archive.filter";
const WRITING_MS = 300;
/** @type {Chosen} */
const NOTHING = { kinds: [], actor: "" };

/**
 * What was chosen before, as far as it can be read.
 * @param {string | null} text
 * @returns {Record<string, Chosen>}
 */
export function readChosen(text) {
  try {
    const kept = Object.entries(JSON.parse(text ?? "{}") || {});
    return Object.fromEntries(kept.filter(([, one]) => Array.isArray(one.kinds) && typeof one.actor === "string"));
  } catch {
    return {};
  }
}

/**
 * What narrows an archive: that of the page, and what was chosen here within it.
 * @param {Chosen} chosen
 * @param {Query} page
 * @returns {Query}
 */
export function narrowed({ actor, kinds }, page) {
  const within = kinds.filter((kind) => !page.category || page.category.split(",").includes(kind));
  return { ...page, ...(within.length ? { category: within.join() } : {}), ...(actor ? { actor } : {}) };
}

/**
 * Kinds to choose from with their counts, the most frequent first; one that was chosen stays, though nothing of it is
 * left.
 * @param {[string, number][]} counts
 * @param {string[]} chosen
 * @param {string | undefined} category  kinds that the page lets pass
 */
export function kindsOf(counts, chosen, category) {
  const there = new Set(counts.map(([kind]) => kind));
  const page = category ? category.split(",") : null;
  const gone = chosen.filter((kind) => !there.has(kind) && (!page || page.includes(kind)));
  return [...counts, ...gone.map((kind) => /** @type {[string, number]} */ ([kind, 0]))];
}

/** @param {Chosen} chosen */
const isActive = ({ actor, kinds }) => kinds.length > 0 || actor !== "";

/** The newest question stops the one before; the same one is not asked twice, unless it failed. */
class Question {
  constructor() {
    this.running = new AbortController();
    this.key = "";
  }

  /**
   * @param {Query & { name: string }} about
   * @param {(signal: AbortSignal) => Promise<void>} ask
   * @param {(problem: string) => void} tell
   */
  async put(about, ask, tell) {
    const key = JSON.stringify(about);
    if (key === this.key) return;
    this.key = key;
    this.running.abort();
    const mine = this.running = new AbortController();
    try {
      await ask(mine.signal);
      if (this.running === mine) tell("");
    } catch (error) {
      if (this.running !== mine) return;
      this.key = "";
      tell(error instanceof Error ? error.message : String(error));
    }
  }
}

export class ArchiveFilter {
  /** @param {Tools} tools  `changed` is called when something else was chosen */
  constructor(tools) {
    this.tools = tools;
    this.parts = makeParts();
    this.name = "";
    this.lang = "en";
    /** @type {Query} */
    this.base = {};
    /** @type {Record<string, string>} */
    this.say = {};
    /** @type {Record<string, string>} */
    this.words = {};
    /** @type {[string, number][]} */
    this.counts = [];
    this.chosen = readChosen(stored());
    this.rest = new Rest(WRITING_MS);
    this.counting = new Question();
    this.naming = new Question();
    this.follow();
  }

  follow() {
    const { actor, clear, root } = this.parts;
    actor.addEventListener("focus", () => this.suggest());
    actor.addEventListener("input", () =>
      this.rest.soon(() => {
        this.suggest();
        this.choose({ actor: actor.value.trim() });
      }));
    clear.addEventListener("click", () => {
      actor.value = "";
      this.choose(NOTHING);
      this.fillKinds();
    });
    root.addEventListener("toggle", () => this.refresh());
    root.addEventListener("keydown", (event) => event.stopPropagation());
  }

  /** @param {string} archive */
  of(archive) {
    return { ...NOTHING, ...this.chosen[archive] };
  }

  /** @param {string} archive */
  isActive(archive) {
    return isActive(this.of(archive));
  }

  /**
   * What narrows an archive.
   * @param {string} archive
   * @param {Query} page
   */
  narrowed(archive, page) {
    return narrowed(this.of(archive), page);
  }

  /** @param {Partial<Chosen>} change */
  choose(change) {
    this.chosen[this.name] = { ...this.of(this.name), ...change };
    try {
      sessionStorage.setItem(SHELF, JSON.stringify(this.chosen));
    } catch { /* storage is closed: it holds as long as the page */ }
    this.tell();
    this.refresh();
    this.tools.changed();
  }

  /**
   * Another archive, other filters of the page or another language.
   * @param {string} archive
   * @param {Query} page
   * @param {Record<string, string>} say
   * @param {string} lang
   */
  show(archive, page, say, lang) {
    const { actor, clear, kinds, label } = this.parts;
    if (archive !== this.name) {
      this.rest.stop();
      actor.value = this.of(archive).actor;
      kinds.replaceChildren();
      this.counts = [];
    }
    Object.assign(this, { name: archive, base: page, say, lang });
    label.textContent = say.archive_actor;
    actor.placeholder = say.archive_part;
    clear.textContent = say.archive_clear;
    this.tell();
    this.refresh();
  }

  tell() {
    const { clear, summary } = this.parts;
    const { actor, kinds } = this.of(this.name);
    const said = [...kinds.map((kind) => this.words[kind] || kind), actor].filter(Boolean).join(", ");
    summary.textContent = said ? `${this.say.archive_filter}: ${said}` : this.say.archive_filter;
    summary.title = said;
    clear.hidden = !said;
  }

  /** @param {string} words */
  sayProblem(words) {
    this.parts.problem.textContent = words;
  }

  /** Counts are asked when they are in view, or when the kinds chosen have to be named. */
  refresh() {
    const { base, lang, name, parts, tools } = this;
    const filter = this.of(name);
    if (!parts.root.open && !isActive(filter)) return;
    const query = { ...base, ...(filter.actor ? { actor: filter.actor } : {}), by: "category", lang };
    this.counting.put({ ...query, name }, async (signal) => {
      const found = /** @type {{ values: Record<string, number>, words: Record<string, string> }} */ (
        await tools.ask("totals", query, signal)
      );
      if (signal.aborted) return;
      this.words = { ...this.words, ...found.words };
      this.counts = Object.entries(found.values).sort((a, b) => b[1] - a[1]);
      this.fillKinds();
      this.tell();
    }, (words) => this.sayProblem(words));
  }

  fillKinds() {
    const { base, counts, parts, say } = this;
    const lines = kindsOf(counts, this.of(this.name).kinds, base.category).map(([kind, n]) => this.kindLine(kind, n));
    parts.kinds.replaceChildren($("legend", "", say.archive_kinds), ...lines);
  }

  /**
   * @param {string} kind
   * @param {number} n
   */
  kindLine(kind, n) {
    const line = $("label");
    const box = $("input");
    Object.assign(box, { type: "checkbox", value: kind, checked: this.of(this.name).kinds.includes(kind) });
    box.addEventListener("change", () => {
      const others = this.of(this.name).kinds.filter((one) => one !== kind);
      this.choose({ kinds: box.checked ? [...others, kind].sort() : others });
    });
    line.append(box, $("span", "", this.words[kind] || kind), $("span", "", inWords(n, this.lang)));
    return line;
  }

  /** Names that go on with what is written, of the events that the kinds let pass. */
  suggest() {
    const { base, name, parts, tools } = this;
    const { actor: _actor, ...query } = this.narrowed(name, base);
    const like = parts.actor.value.trim();
    const asked = { ...query, ...(like ? { like } : {}) };
    this.naming.put({ ...asked, name }, async (signal) => {
      const found = /** @type {{ actors: [string][] }} */ (await tools.ask("actors", asked, signal));
      if (!signal.aborted) parts.names.replaceChildren(...found.actors.map(([value]) => option(value)));
    }, (words) => this.sayProblem(words));
  }
}

function stored() {
  try {
    return sessionStorage.getItem(SHELF);
  } catch {
    return null;
  }
}

function makeParts() {
  const root = $("details", "mm-archive-filter");
  const summary = $("summary");
  const kinds = $("fieldset");
  const who = $("label");
  const label = $("span");
  const actor = $("input");
  const names = $("datalist");
  const clear = button("", () => {});
  const problem = $("div", "mm-line");
  names.id = "mm-archive-actors";
  Object.assign(actor, { type: "search", maxLength: 80, autocomplete: "off", spellcheck: false });
  actor.setAttribute("list", names.id);
  problem.setAttribute("role", "status");
  who.append(label, actor);
  root.append(summary, kinds, who, names, clear, problem);
  return { root, summary, kinds, label, actor, names, clear, problem };
}
