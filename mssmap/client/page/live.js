/*
 * What happens meanwhile: the server was started again, somebody else changed the plan, who else is on it, why a file was
 * not uploaded. Asks `/live` every other second while the window is seen. On every page it serves the queue of acts
 * (acts.js).
 *
 * All words come from data and are set as text.
 */

/**
 * @import { Component, LiveAnswer, LiveMessage, Seen } from "../shared/messages.js"
 * @import { Line } from "./saved.js"
 */

import { bus } from "../shared/bus.js";
import { fill } from "../shared/words.js";
import { newId, queue } from "./acts.js";
import { keepHistory, takeTypedDates } from "./address.js";
import { tellLines } from "./saved.js";
import { hearRefusals, uploadFaults } from "./uploads.js";
import { slot } from "./widget.js";

const PAUSE = 1500;
const LIVE_PATIENCE = 2500;
const GIVEN_UP = "mssmap-given-up";
const RELOAD_MS = 20000;

/** @param {string} at  a time in ISO form */
const clockOf = (at) => String(at || "").slice(11, 16);

/**
 * Streamlit gives a page up for good when it gets a reference to a message that it has let go, as may happen after a cut
 * or over a slow line. All that was done is in the queue and in the address, so the page is loaded again; not twice in a
 * row, for then the reason is another.
 */
function loadAgainIfGivenUp() {
  const given = document.querySelector(".stApp[data-test-connection-state=DISCONNECTED_FOREVER]");
  const last = Number(sessionStorage.getItem(GIVEN_UP) || 0);
  if (!given || Date.now() - last < RELOAD_MS) return;
  sessionStorage.setItem(GIVEN_UP, String(Date.now()));
  location.reload();
}

/** Sign in again and come back here; what waits in this browser is sent then. */
function signIn() {
  const here = location.pathname + location.search;
  location.assign(new URL("signin?" + new URLSearchParams({ next: here }), document.baseURI));
}

const reload = () => location.reload();

const isTyping = () => Boolean(document.activeElement?.matches("input:not([type=checkbox], [type=radio]), textarea"));

/** @param {Record<string, string>} query */
const liveAddress = (query) => new URL("live?" + new URLSearchParams(query), document.baseURI).href;

class Live {
  /** @param {LiveMessage} data */
  constructor(data) {
    this.data = data;
    this.name = newId();
    /** @type {HTMLElement | null} */
    this.root = null;
    this.isRestarted = false;
    this.isAsking = false;
    this.isRelieved = false;
    this.isEnded = false;
    this.asked = ""; // mark of the data for which the page was run once more
    this.again = (/** @type {string} */ _mark) => {};
    /** @type {Seen | null} */
    this.foreign = null;
    this.missed = 0;
    /** @type {LiveAnswer} */
    this.answer = {};
    queue().watch("live", () => this.tell());
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden) this.ask();
    });
    addEventListener("pagehide", () => {
      if (this.data.plan) navigator.sendBeacon(liveAddress({ tab: queue().tab }));
    });
    bus.tell("relieved", this.name);
    bus.on("relieved", () => {
      this.isRelieved = true;
    });
    this.loop();
  }

  async loop() {
    while (!this.isRelieved) {
      await new Promise((done) => setTimeout(done, PAUSE));
      if (!document.hidden) await this.ask();
    }
  }

  async ask() {
    if (this.isAsking || this.isRelieved) return;
    this.isAsking = true;
    const { plan } = this.data;
    try {
      const answer = await fetch(liveAddress({ plan: plan ? plan.id : "", tab: queue().tab }), {
        cache: "no-store",
        signal: AbortSignal.timeout(LIVE_PATIENCE),
      });
      this.isEnded = answer.status === 401 || answer.status === 403;
      if (answer.ok) {
        this.answer = await answer.json();
        loadAgainIfGivenUp();
      }
      this.missed = 0;
    } catch (fault) {
      const isSlow = fault instanceof DOMException && fault.name === "TimeoutError";
      this.missed += isSlow ? 2 : 1; // one refused call may be a hiccup
    }
    this.isAsking = false;
    this.hear(this.answer.plan);
    this.follow(this.answer.imports);
    this.tell();
  }

  /**
   * The data have changed: run the page once more, unless somebody is typing.
   * @param {string | undefined} mark
   */
  follow(mark) {
    if (!mark || [this.data.imports, this.asked].includes(mark) || isTyping()) return;
    this.asked = mark;
    this.again(mark);
  }

  /**
   * The plan as it is in the store; a version that this window neither shows nor made is somebody else's.
   * @param {Seen | null | undefined} told
   */
  hear(told) {
    const { plan } = this.data;
    if (!plan || !told) return;
    const own = queue().heard.get(plan.id);
    const known = Math.max(plan.version, own ? own.version : 0);
    if (queue().waiting(plan.id).length) this.foreign = null;
    else if (told.version > known && !told.deleted) this.foreign = told;
    bus.tell("version", { id: plan.id, version: told.version });
  }

  /**
   * New data from the page: a run of its script has ended.
   * @param {Component<LiveMessage>} component
   */
  update(component) {
    const { data } = component;
    if (this.data.boot !== data.boot) { // the page came back by itself
      this.isRestarted = true;
      queue().startAnew();
    }
    const isOther = this.data.plan?.id !== data.plan?.id;
    if (isOther || (this.foreign && data.plan && data.plan.made >= this.foreign.version)) this.foreign = null;
    this.data = data;
    this.again = (/** @type {string} */ mark) => component.setTriggerValue("again", mark);
    this.root = slot(component, "mm-live");
    this.answer = {};
    queue().serve(data);
    this.tell();
    this.ask();
  }

  /** Everything there is to say now. */
  tell() {
    if (!this.root || this.isRelieved) return;
    this.root.setAttribute("role", "status");
    const lines = [...this.lineLines(), ...this.serverLines(), ...this.peopleLines()];
    tellLines(this.root, lines, "mm-told");
  }

  /**
   * Of the way to the server.
   * @returns {Line[]}
   */
  lineLines() {
    const { answer, data: { words } } = this;
    /** @type {Line[]} */
    const lines = [];
    if (this.isEnded) lines.push({ kind: "away", words: words.ended, offers: [[words.sign_in, signIn]] });
    if (this.missed > 1) lines.push({ kind: "away", words: words.away });
    else if (answer.fault) lines.push({ kind: "away", words: answer.fault });
    return lines;
  }

  /**
   * Of what changed there.
   * @returns {Line[]}
   */
  serverLines() {
    const { answer, data, data: { words } } = this;
    if (answer.boot && answer.boot !== data.boot) {
      return [{ kind: "restarted", words: words.restarted, offers: [[words.load, reload]] }];
    }
    /** @type {Line[]} */
    const lines = [];
    const close = () => {
      this.isRestarted = false;
      this.tell();
    };
    if (this.isRestarted) lines.push({ kind: "restarted", words: words.restarted, offers: [[words.close, close]] });
    lines.push(...this.changeLines());
    if (answer.imports && answer.imports !== data.imports) {
      lines.push({ kind: "imports", words: words.imports, offers: [[words.load, reload]] });
    } else if (this.asked && this.asked === data.imports) {
      lines.push({ kind: "imports", words: words.followed, offers: [[words.close, () => this.forget()]] });
    }
    return lines;
  }

  /** What was told of changed data has been read. */
  forget() {
    this.asked = "";
    this.tell();
  }

  /** @returns {Line[]} */
  changeLines() {
    const { data: { planner, words }, foreign } = this;
    if (!planner || !foreign) return [];
    const close = () => {
      this.foreign = null;
      this.tell();
    };
    const who = foreign.changed_by === words.local ? words.window : foreign.changed_by;
    const told = fill(words.changed, { who, time: clockOf(foreign.changed_at) });
    return [{ kind: "changed", words: told, offers: [[words.close, close]] }];
  }

  /**
   * Of uploads, of what waits, of other windows.
   * @returns {Line[]}
   */
  peopleLines() {
    const { answer, data: { planner, words } } = this;
    /** @type {Line[]} */
    const lines = uploadFaults(words).map((fault) => ({ kind: "away", words: fault }));
    const waiting = planner ? 0 : queue().read().mine.length;
    if (waiting) lines.push({ kind: "kept", words: fill(words.waiting, { n: waiting }) });
    const others = answer.plan?.others ?? [];
    if (others.length) {
      const names = others.map((name) => name || words.nobody).join(", ");
      const told = fill(others.length === 1 ? words.one : words.more, { n: others.length, names });
      lines.push({ kind: "others", words: told });
    }
    return lines;
  }
}

/** @type {Live | null} */
let watcher = null;

/**
 * The one watcher of this window; each run of the page gives it new data.
 * @param {Component<LiveMessage>} component
 */
export function live(component) {
  watcher ??= new Live(component.data);
  watcher.update(component);
}

/** Watches address, dates and uploads of this page, unless another script of ours does already. */
export function watchPage() {
  if (bus.get("serving")) return;
  bus.put("serving", true);
  keepHistory();
  takeTypedDates();
  hearRefusals(() => watcher?.data.lang);
}
