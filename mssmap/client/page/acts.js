/*
 * The queue of acts: what a person did to plans, kept in this browser from the click until the server says it is stored.
 *
 * Each act lies in the storage under a key of its own, by person, so that two windows never write over each other's. An
 * act counts once however often it is sent, so whoever finds one may send it: this window at once, another one if it
 * was left behind. What is on the screen is what the server said last, with the acts it does not hold yet laid over it.
 */

/** @import { Act, ActsAnswer, PlanState, Refusal, Served } from "../shared/messages.js" */

/** @typedef {Act & { id: string }} KeptAct */
/** @typedef {[string, KeptAct][]} Due  pairs of key and act */

const SHELF = "mssmap.act";
const TAB = "mssmap.tab";
const PATIENCE = 20000;
const LEFT_BEHIND = 4000; // after so many milliseconds an act of another window is sent by whoever sees it
const MOST = 100;
const NOT_ALLOWED = 30000; // a person whose sign-in or role has ended need not be asked about every other second
const PAUSES = [300, 700, 1500, 3000, 5000];

export const newId = () => (crypto.randomUUID ? crypto.randomUUID() : String(Math.random()).slice(2) + Date.now());

/** Id of this window: the same after a reload, another one in a window that was duplicated. */
export function tabId() {
  try {
    const [came] = performance.getEntriesByType("navigation");
    const known = sessionStorage.getItem(TAB);
    if (known && came instanceof PerformanceNavigationTiming && came.type !== "navigate") return known;
    const fresh = newId();
    sessionStorage.setItem(TAB, fresh);
    return fresh;
  } catch {
    return newId();
  }
}

/**
 * The later of two states of a plan; of one version the second.
 * @param {PlanState | undefined} known
 * @param {PlanState} told
 */
export const later = (known, told) => (known && known.version > told.version ? known : told);

/**
 * The act that a text holds; nothing if it cannot be read.
 * @param {string | null} text
 * @returns {KeptAct | null}
 */
export function parsed(text) {
  try {
    return JSON.parse(text ?? "null");
  } catch {
    return null;
  }
}

/**
 * Key of an act in the storage; in their order when sorted as text.
 * @param {string} person
 * @param {number} at
 * @param {string} tab
 */
export const keyOf = (person, at, tab) => [SHELF, person, String(at).padStart(15, "0"), tab].join(" ");

/**
 * Whose act lies under a key, when it was done and in which window; nothing if the key is not ours.
 * @param {string} key
 */
export function readKey(key) {
  const [shelf, person, at, tab] = key.split(" ");
  return shelf === SHELF ? { person, at: Number(at), tab } : null;
}

export class Queue {
  constructor() {
    this.tab = tabId();
    /** @type {string | null} */
    this.person = null;
    this.lang = "en";
    /**
     * All that waits in this window, by key; the storage holds the same, as far as it can.
     * @type {Map<string, KeptAct>}
     */
    this.memory = new Map();
    /**
     * Acts that were stored, with the version they made.
     * @type {{ act: KeptAct, version: number }[]}
     */
    this.done = [];
    /**
     * The last state of each plan that an answer told.
     * @type {Map<string, PlanState>}
     */
    this.heard = new Map();
    /**
     * Acts that were not taken, for the person to decide.
     * @type {Refusal[]}
     */
    this.told = [];
    /** @type {Map<string, () => void>} */
    this.listeners = new Map();
    this.kept = true; // whether the storage takes what it is given
    this.failures = 0;
    this.last = 0;
    this.sending = false;
    this.ended = false;
    /** @type {string | null} */
    this.fault = null;
    this.listen();
  }

  listen() {
    addEventListener("storage", (event) => {
      if (!event.key || event.key.startsWith(SHELF)) this.changed();
    });
    addEventListener("online", () => this.pump());
    addEventListener("beforeunload", (event) => {
      if (this.memory.size) event.preventDefault();
    });
    addEventListener("pagehide", () => this.handOver());
    setInterval(() => {
      if (!this.failures) this.pump();
    }, LEFT_BEHIND);
  }

  /**
   * Whose acts these are, and in which language they are answered.
   * @param {Served} served
   */
  serve({ person, lang }) {
    const known = this.person === person;
    Object.assign(this, { person, lang });
    if (!known) this.changed();
    this.pump();
  }

  /**
   * Call somebody whenever something changes; of one name the last one counts, and none ends it.
   * @param {string} name
   * @param {(() => void) | null} listener
   */
  watch(name, listener) {
    if (listener) this.listeners.set(name, listener);
    else this.listeners.delete(name);
  }

  changed() {
    for (const listener of this.listeners.values()) listener();
  }

  // -------------------------------------------------------------------------------------------------- what waits

  /** @param {number} at */
  key(at) {
    return keyOf(this.person ?? "null", at, this.tab);
  }

  /**
   * Do something to a plan.
   * @param {Act} act
   */
  add(act) {
    this.told = this.told.filter((one) => one.state === "gone"); // a refusal is about what was done last
    this.last = Math.max(this.last + 1, Date.now());
    return this.put(this.key(this.last), act);
  }

  /**
   * @param {string} key
   * @param {Act} act
   */
  put(key, act) {
    const whole = { id: newId(), ...act };
    this.memory.set(key, whole);
    try {
      localStorage.setItem(key, JSON.stringify(whole));
    } catch {
      this.kept = false;
    }
    this.changed();
    this.pump();
    return whole;
  }

  /** @param {string} key */
  forget(key) {
    this.memory.delete(key);
    try {
      localStorage.removeItem(key);
    } catch { /* it was never there */ }
  }

  /**
   * Acts of this person as pairs of key and act, in their order, and how many of other people lie in this browser.
   * @returns {{ mine: Due, others: number }}
   */
  read() {
    /** @type {Map<string, KeptAct | null>} */
    const mine = new Map(this.memory);
    let others = 0;
    if (this.person === null) return { mine: [], others };
    try {
      for (const key of Object.keys(localStorage)) {
        const found = readKey(key);
        if (!found) continue;
        if (found.person !== this.person) others += 1;
        else if (!mine.has(key)) mine.set(key, parsed(localStorage.getItem(key)));
      }
    } catch { /* the storage is closed: what is in memory is all there is */ }
    const sound = [...mine].flatMap(([key, act]) => (act ? [/** @type {[string, KeptAct]} */ ([key, act])] : []));
    return { mine: sound.sort(([a], [b]) => (a < b ? -1 : 1)), others };
  }

  /**
   * Acts on a plan that wait for the store.
   * @param {string} plan
   */
  waiting(plan) {
    return this.read().mine.map(([, act]) => act).filter((act) => act.plan === plan);
  }

  /**
   * Acts on a plan that a page does not show yet which has read this version of it.
   * @param {string} plan
   * @param {number} version
   */
  unseen(plan, version) {
    this.done = this.done.filter((one) => one.act.plan !== plan || one.version > version);
    return [...this.done.filter((one) => one.act.plan === plan).map((one) => one.act), ...this.waiting(plan)];
  }

  /** Another server answers, perhaps over another store: what the last one said of plans counts no more. */
  startAnew() {
    this.heard.clear();
    this.done = [];
  }

  // ----------------------------------------------------------------------------------------------------- sending

  /** What may be sent now: one's own at once, what another window left behind after a while. */
  due() {
    const now = Date.now();
    return this.read().mine.filter(([key, act]) => {
      const found = readKey(key);
      return found && !this.gone(act.plan) && (found.tab === this.tab || now - found.at > LEFT_BEHIND);
    }).slice(0, MOST);
  }

  /**
   * What was told of a plan that is deleted while acts on it wait; until the person decides they are held back.
   * @param {string} plan
   */
  gone(plan) {
    return this.told.find((one) => one.state === "gone" && one.plan === plan);
  }

  /** @param {Due} due */
  batch(due) {
    return JSON.stringify({ person: this.person, lang: this.lang, acts: due.map(([, act]) => act) });
  }

  async pump() {
    if (this.sending || this.person === null) return;
    const due = this.due();
    if (!due.length) return;
    this.sending = true;
    await this.send(due);
    this.sending = false;
    this.changed();
    const pause = this.failures ? PAUSES[Math.min(this.failures, PAUSES.length) - 1] : 0;
    setTimeout(() => this.pump(), this.ended ? NOT_ALLOWED : pause);
  }

  /** @param {Due} due */
  async send(due) {
    try {
      const answer = await fetch(new URL("acts", document.baseURI), {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: this.batch(due),
        cache: "no-store",
        signal: AbortSignal.timeout(PATIENCE),
      });
      this.ended = answer.status === 401 || answer.status === 403;
      this.take(due, await answer.json(), answer.ok);
    } catch { // the line is cut, or the server is not there: what waits goes on waiting
      this.failures += 1;
      this.fault = null;
    }
  }

  /** The window closes: send what waits once more; whether it arrived is seen by whoever opens the next one. */
  handOver() {
    const due = this.person === null ? [] : this.due();
    const body = () => new Blob([this.batch(due)], { type: "application/json" });
    if (due.length) navigator.sendBeacon(new URL("acts", document.baseURI), body());
  }

  /**
   * What the server says of a batch.
   * @param {Due} due
   * @param {ActsAnswer} answer
   * @param {boolean} ok
   */
  take(due, { answers = [], plans = {}, fault = null }, ok) {
    this.failures = ok ? 0 : this.failures + 1;
    this.fault = fault;
    const sent = new Map(due.map(([key, act]) => [act.id, { key, act }]));
    for (const one of answers) {
      const { act, key } = sent.get(one.id) ?? {};
      if (!act || !key) continue;
      if (one.state === "gone") {
        if (!this.gone(act.plan)) this.told.push({ ...one, act });
        continue;
      }
      this.forget(key);
      if (one.state === "stored") this.done.push({ act, version: one.version ?? 0 });
      else this.told.push({ ...one, act });
    }
    for (const [id, state] of Object.entries(plans)) this.heard.set(id, later(this.heard.get(id), state));
  }

  // ------------------------------------------------------------------------------------------- what was not taken

  /**
   * The person has read, or decided, about something that was not taken.
   * @param {Refusal | undefined} one
   */
  settle(one) {
    this.told = this.told.filter((other) => other !== one);
    this.changed();
    this.pump();
  }

  /**
   * Bring a deleted plan back, before what waits for it.
   * @param {string} plan
   */
  revive(plan) {
    const gone = this.gone(plan);
    this.told = this.told.filter((one) => one !== gone);
    this.put(this.key(0), { plan, kind: "bring_back" });
  }

  /**
   * Give up what waits for a plan.
   * @param {string} plan
   */
  discard(plan) {
    for (const [key, act] of this.read().mine) if (act.plan === plan) this.forget(key);
    this.settle(this.gone(plan));
  }
}

/** @type {Queue | null} */
let made = null;

/** The queue of this window. */
export function queue() {
  made ??= new Queue();
  return made;
}
