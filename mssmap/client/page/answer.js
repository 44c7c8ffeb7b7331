/*
 * A plain answer of the server to a step of the dial or a switch, with no run of the script of the page: the figures and
 * the text of the view. The script follows when the hand rests.
 */

/** @import { Answer } from "../shared/messages.js" */

import { bus } from "../shared/bus.js";
import { isoOf } from "../shared/days.js";
import { Rest } from "../shared/rest.js";

const PAUSE_MS = 60;

/**
 * The address of a view.
 * @param {string} base  what the page said of it
 * @param {Map<string, string>} moved  what the hand has changed since
 */
export function addressOf(base, moved) {
  const keys = new URLSearchParams(base);
  for (const [key, value] of moved) keys.set(key, value);
  keys.sort();
  return `view?${keys}`;
}

export class Asker {
  constructor() {
    this.base = "";
    /** @type {Map<string, string>} */
    this.moved = new Map();
    this.rest = new Rest(PAUSE_MS);
    /** @type {AbortController | null} */
    this.asking = null;
  }

  /** @param {AbortSignal} signal */
  listen(signal) {
    bus.on("day", ({ day }) => this.move("as_of", isoOf(day)), signal);
    bus.on("grade", (grade) => this.move("grade", grade), signal);
    bus.on("layers", (on) => this.move("layers", on.join(",") || "none"), signal);
  }

  /**
   * The script of the page has run: what it says of the view counts, unless the hand has gone on meanwhile.
   * @param {string} base
   */
  serve(base) {
    this.base = base;
    if (!this.asking) this.moved.clear();
  }

  /**
   * @param {string} key
   * @param {string} value
   */
  move(key, value) {
    this.moved.set(key, value);
    this.asking?.abort();
    const own = new AbortController();
    this.asking = own;
    this.rest.soon(() => this.ask(own));
  }

  /** @param {AbortController} own */
  async ask(own) {
    try {
      const address = new URL(addressOf(this.base, this.moved), document.baseURI);
      const answer = await fetch(address, { signal: own.signal });
      if (answer.ok) bus.tell("answer", /** @type {Answer} */ (await answer.json()));
    } catch (error) {
      // the script brings the same a little later; that the server is away is told by live.js
      if (!(error instanceof TypeError || own.signal.aborted)) throw error;
    } finally {
      if (this.asking === own) this.asking = null;
    }
  }
}
