/*
 * The queue of acts: what a person did to plans, kept in this browser from the click until the server says it is stored.
 *
 * Each act lies in the storage under a key of its own, by person, so that two windows never write over each other's. An
 * act counts once however often it is sent, so whoever finds one may send it: this window at once, another one if it
 * was left behind. What is on the screen is what the server said last, with the acts it does not hold yet laid over it.
 */

const SHELF = "mssmap.act";
const TAB = "mssmap.tab";
const PATIENCE = 20000;
const LEFT_BEHIND = 4000;  // after so many milliseconds an act of another window is sent by whoever sees it
const MOST = 100;
const NOT_ALLOWED = 30000;  // a person whose sign-in or role has ended need not be asked about every other second
const PAUSES = [300, 700, 1500, 3000, 5000];

export const newId = () => (crypto.randomUUID ? crypto.randomUUID() : String(Math.random()).slice(2) + Date.now());

/** Id of this window: the same after a reload, another one in a window that was duplicated. */
export function tabId() {
  try {
    const [came] = performance.getEntriesByType("navigation");
    const known = sessionStorage.getItem(TAB);
    if (known && came && came.type !== "navigate") return known;
    const fresh = newId();
    sessionStorage.setItem(TAB, fresh);
    return fresh;
  } catch {
    return newId();
  }
}

/** Ids of the bases that are on once these acts are done in their order. */
export function switched(active, acts) {
  const on = new Set(active);
  for (const act of acts) {
    if (act.kind === "switch") act.on ? on.add(act.base) : on.delete(act.base);
    if (act.kind === "place") on.add(act.proposal);
    if (act.kind === "remove") on.delete(act.proposal);
    if (act.kind === "adopt") {
      if (act.clean) on.clear();
      act.sites.forEach((site) => on.add(site.id));
    }
  }
  return on;
}

/** The later of two states of a plan; of one version the second. */
export const later = (known, told) => (known && (!told || known.version > told.version) ? known : told);

const parsed = (text) => { try { return JSON.parse(text); } catch { return null; } };

export class Queue {
  constructor() {
    this.tab = tabId();
    this.person = null;
    this.memory = new Map();     // all that waits in this window, by key; the storage holds the same, as far as it can
    this.done = [];              // acts that were stored, with the version they made
    this.heard = new Map();      // the last state of each plan that an answer told
    this.told = [];              // acts that were not taken, for the person to decide
    this.listeners = new Map();
    this.kept = true;            // whether the storage takes what it is given
    this.failures = 0;
    this.last = 0;
    window.addEventListener("storage", (event) => { if (!event.key || event.key.startsWith(SHELF)) this.changed(); });
    window.addEventListener("online", () => this.pump());
    window.addEventListener("beforeunload", (event) => { if (this.memory.size) event.preventDefault(); });
    window.addEventListener("pagehide", () => this.handOver());
    setInterval(() => { if (!this.failures) this.pump(); }, LEFT_BEHIND);
  }

  /** Whose acts these are, and in which language they are answered. */
  serve({ person, lang }) {
    const known = this.person === person;
    Object.assign(this, { person, lang });
    if (!known) this.changed();
    this.pump();
  }

  /** Call somebody whenever something changes; of one name the last one counts, and none ends it. */
  watch(name, listener) { listener ? this.listeners.set(name, listener) : this.listeners.delete(name); }

  changed() { for (const listener of this.listeners.values()) listener(); }

  // ---------------------------------------------------------------- what waits

  key(at) { return [SHELF, this.person, String(at).padStart(15, "0"), this.tab].join(" "); }

  /** Do something to a plan. */
  add(act) {
    this.told = this.told.filter((one) => one.state === "gone");  // a refusal is about what was done last
    this.last = Math.max(this.last + 1, Date.now());
    return this.put(this.key(this.last), act);
  }

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

  forget(key) {
    this.memory.delete(key);
    try { localStorage.removeItem(key); } catch { /* it was never there */ }
  }

  /** Acts of this person as pairs of key and act, in their order, and how many of other people lie in this browser. */
  read() {
    const mine = new Map(this.memory);
    let others = 0;
    if (this.person === null) return { mine: [], others };
    try {
      for (const key of Object.keys(localStorage).filter((name) => name.startsWith(`${SHELF} `))) {
        if (key.split(" ")[1] !== this.person) others += 1;
        else if (!mine.has(key)) mine.set(key, parsed(localStorage.getItem(key)));
      }
    } catch { /* the storage is closed: what is in memory is all there is */ }
    return { mine: [...mine].filter(([, act]) => act).sort(([a], [b]) => (a < b ? -1 : 1)), others };
  }

  /** Acts on a plan that wait for the store. */
  waiting(plan) { return this.read().mine.map(([, act]) => act).filter((act) => act.plan === plan); }

  /** Acts on a plan that a page does not show yet which has read this version of it. */
  unseen(plan, version) {
    this.done = this.done.filter((one) => one.act.plan !== plan || one.version > version);
    return [...this.done.filter((one) => one.act.plan === plan).map((one) => one.act), ...this.waiting(plan)];
  }

  /** Another server answers, perhaps over another store: what the last one said of plans counts no more. */
  startAnew() {
    this.heard.clear();
    this.done = [];
  }

  // ---------------------------------------------------------------- sending

  /** What may be sent now: one's own at once, what another window left behind after a while. */
  due() {
    const now = Date.now();
    return this.read().mine.filter(([key, act]) => {
      const [, , at, tab] = key.split(" ");
      return !this.gone(act.plan) && (tab === this.tab || now - Number(at) > LEFT_BEHIND);
    }).slice(0, MOST);
  }

  /** What was told of a plan that is deleted while acts on it wait; until the person decides they are held back. */
  gone(plan) { return this.told.find((one) => one.state === "gone" && one.plan === plan); }

  batch(due) { return JSON.stringify({ person: this.person, lang: this.lang, acts: due.map(([, act]) => act) }); }

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
    } catch {  // the line is cut, or the server is not there: what waits goes on waiting
      this.failures += 1;
      this.fault = null;
    }
  }

  /** The window closes: send what waits once more; whether it arrived is seen by whoever opens the next one. */
  handOver() {
    const due = this.person === null ? [] : this.due();
    if (due.length) navigator.sendBeacon(new URL("acts", document.baseURI), new Blob([this.batch(due)], { type: "application/json" }));
  }

  /** What the server says of a batch. */
  take(due, { answers = [], plans = {}, fault = null }, ok) {
    this.failures = ok ? 0 : this.failures + 1;
    this.fault = fault;
    const sent = new Map(due.map(([key, act]) => [act.id, { key, act }]));
    for (const one of answers.filter(({ id }) => sent.has(id))) {
      const { key, act } = sent.get(one.id);
      if (one.state === "gone") {
        if (!this.gone(act.plan)) this.told.push({ ...one, act });
        continue;
      }
      this.forget(key);
      if (one.state === "stored") this.done.push({ act, version: one.version });
      else this.told.push({ ...one, act });
    }
    for (const [id, state] of Object.entries(plans)) this.heard.set(id, later(this.heard.get(id), state));
  }

  // ---------------------------------------------------------------- what was not taken

  /** The person has read, or decided, about something that was not taken. */
  settle(one) {
    this.told = this.told.filter((other) => other !== one);
    this.changed();
    this.pump();
  }

  /** Bring a deleted plan back, before what waits for it. */
  revive(plan) {
    this.told = this.told.filter((one) => one !== this.gone(plan));
    this.put(this.key(0), { plan, kind: "bring_back" });
  }

  /** Give up what waits for a plan. */
  discard(plan) {
    for (const [key, act] of this.read().mine) if (act.plan === plan) this.forget(key);
    this.settle(this.gone(plan));
  }
}

let made = null;

/** The queue of this window. */
export function queue() {
  made = made || new Queue();
  return made;
}
