/*
 * What the parts of the page and the map tell each other: the one list of events and of shared values.
 *
 * The map lives in a frame of its own, which may come before or after the scripts of the page. So they speak by events
 * on the document of the page, named "mssmap:" and the name in `Told`. The last detail of those in `KEPT` can be read at
 * any time, also by who comes later: it asks, and who is there answers.
 */

/** @import { Answer, ArchiveBins, Body, Counts, Day, Headline, Place, PlanPaint, Shown, Spotted, Version, ViewMessage } from "./messages.js" */

/**
 * Event -> its detail.
 * @typedef {object} Told
 * @property {ViewMessage} view  the page asks the map for a view
 * @property {Body} body  the large part of a view came from Python
 * @property {Day} day  a hand moved the day
 * @property {Answer} answer  figures and text of the view that the hand is at
 * @property {string} grade  the lowest grade shown
 * @property {string[]} layers  ids of the layers that are on
 * @property {Shown} shown  the map shows a view; what the table lists
 * @property {Counts} counts  how many there are of each layer, and of which days
 * @property {{ day: number }} played  the map shows another day
 * @property {string} select  id of a record that was clicked on the map
 * @property {[number, number]} placed  latitude and longitude of a click that places a base
 * @property {Spotted} spotted  a click that says where something was
 * @property {Place} place  where the map looks
 * @property {PlanPaint} plan  bases that are on, and the cells they reach
 * @property {Headline} headline  first key figure of the planner
 * @property {{ on: string[] }} bases  the list of bases came from Python
 * @property {Version} version  version of the plan in the store
 * @property {ArchiveBins | null} bins  events a month of the archive on the map
 * @property {null} archive  the picture of an archive is drawn
 * @property {null} theme  the look of the page changed
 * @property {boolean} serving  the address and the uploads of this page are watched
 * @property {string} relieved  name of the one watcher of this page; those before it stop
 */

/** @type {(keyof Told)[]} */
export const KEPT = ["view", "body", "grade", "layers", "shown", "counts", "place", "bins", "serving"];

const ASK = "mssmap:ask";
const PUT = "mssmap:put";

/** One end of the talk; each script has one. */
export class Bus {
  /** @param {Window & typeof globalThis} own */
  constructor(own) {
    this.own = own;
    /** @type {Partial<Told>} */
    this.last = {};
    this.host = own;
    this.ended = new AbortController();
    if ("document" in own) this.listen(); // unit tests have none
  }

  /**
   * Speak on the document of another window from now on; what was said there before counts.
   * @param {Window & typeof globalThis} host
   */
  join(host) {
    if (host === this.host) return;
    this.end();
    this.host = host;
    this.ended = new AbortController();
    this.own.addEventListener("pagehide", () => this.end());
    this.listen();
  }

  end() {
    this.ended.abort();
  }

  listen() {
    for (const name of KEPT) this.on(name, (detail) => this.keep(name, detail));
    this.hear(PUT, (detail) => {
      const { name, value } = /** @type {{ name: keyof Told, value: Told[keyof Told] }} */ (detail);
      this.keep(name, value);
    });
    this.send(ASK, null);
    this.hear(ASK, () => {
      for (const name of KEPT) if (name in this.last) this.send(PUT, { name, value: this.last[name] });
    });
  }

  /**
   * @template {keyof Told} K
   * @param {K} name
   * @param {Told[K]} value
   */
  keep(name, value) {
    this.last[name] = value;
  }

  /**
   * Call somebody at each event of a name.
   * @template {keyof Told} K
   * @param {K} name
   * @param {(detail: Told[K]) => void} handler
   * @param {AbortSignal} [signal] ends it
   */
  on(name, handler, signal) {
    this.hear("mssmap:" + name, (detail) => handler(/** @type {Told[K]} */ (detail)), signal);
  }

  /**
   * Tell everybody; a value that is kept is known from now on.
   * @template {keyof Told} K
   * @param {K} name
   * @param {Told[K]} detail
   */
  tell(name, detail) {
    this.send("mssmap:" + name, this.host === this.own ? detail : this.host.structuredClone(detail));
  }

  /**
   * Share a value without waking anybody.
   * @template {keyof Told} K
   * @param {K} name
   * @param {Told[K]} value
   */
  put(name, value) {
    this.send(PUT, { name, value: this.host === this.own ? value : this.host.structuredClone(value) });
  }

  /**
   * The last value of a name, if there was one.
   * @template {keyof Told} K
   * @param {K} name
   * @returns {Told[K] | undefined}
   */
  get(name) {
    return this.last[name];
  }

  /**
   * Details are made in the window of the page: an object of the frame would keep the frame when it has gone.
   * @param {string} type
   * @param {unknown} detail
   */
  send(type, detail) {
    this.host.document.dispatchEvent(new this.host.CustomEvent(type, { detail }));
  }

  /**
   * @param {string} type
   * @param {(detail: unknown) => void} handler
   * @param {AbortSignal} [signal]
   */
  hear(type, handler, signal) {
    const until = signal ? AbortSignal.any([signal, this.ended.signal]) : this.ended.signal;
    this.host.document.addEventListener(type, (event) => handler(/** @type {CustomEvent} */ (event).detail), {
      signal: until,
    });
  }
}

export const bus = new Bus(/** @type {Window & typeof globalThis} */ (globalThis));
