/*
 * What happens meanwhile: the server was started again, somebody else changed the plan, who else is on it; and what
 * could not be stored is kept in this browser. Asks `/live` every other second while the window is seen.
 *
 * A toggle is kept from the click until the server shows it, so that a click into a dying server is not lost. All
 * words come from data and are set as text.
 */

const PAUSE = 1500;
const PATIENCE = 2500;
const PENDING = "mssmap.pending";   // of this window: the bases that were switched on last
const UNSAVED = "mssmap.unsaved";   // of this browser: a plan that the store did not take

const node = (tag, className, text) => {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
};

const fill = (words, values) => words.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? values[name] : whole));
const clock = (at) => String(at || "").slice(11, 16);
const kept = (shelf, key) => { try { return JSON.parse(shelf.getItem(key)); } catch { return null; } };
const keep = (shelf, key, value) => {
  try { value ? shelf.setItem(key, JSON.stringify(value)) : shelf.removeItem(key); } catch { /* storage is closed */ }
};
const same = (a, b) => [...a].sort().join("\n") === [...b].sort().join("\n");

function tabId() {
  const known = kept(sessionStorage, "mssmap.tab");
  // a window that was duplicated has the id of the first one: the history state is its own
  if (known && window.mssmapTab !== known && performance.getEntriesByType("navigation")[0]?.type === "navigate") return fresh();
  return known || fresh();
}
const fresh = () => {
  const made = crypto.randomUUID ? crypto.randomUUID() : String(Math.random()).slice(2);
  keep(sessionStorage, "mssmap.tab", made);
  return made;
};

class Live {
  constructor() {
    this.tab = tabId();
    window.mssmapTab = this.tab;
    this.restarted = false;
    this.missed = 0;
    this.answer = {};
    document.addEventListener("mssmap:switched", (event) => this.switched(event.detail.on));
    document.addEventListener("mssmap:bases", (event) => this.acknowledged(event.detail.on));
    document.addEventListener("visibilitychange", () => { if (!document.hidden) this.ask(); });
    window.addEventListener("pagehide", () => {
      if (this.data.plan) navigator.sendBeacon(this.address({ tab: this.tab }));
    });
    this.loop();
  }

  address(query) {
    return new URL("live?" + new URLSearchParams(query), document.baseURI).href;
  }

  async loop() {
    for (;;) {
      await new Promise((done) => setTimeout(done, PAUSE));
      if (!document.hidden) await this.ask();
    }
  }

  async ask() {
    if (!this.data || this.asking) return;
    this.asking = true;
    const plan = this.data.plan;
    try {
      const answer = await fetch(this.address({ plan: plan ? plan.id : "", tab: this.tab }), {
        cache: "no-store", signal: AbortSignal.timeout(PATIENCE),
      });
      this.ended = answer.status === 401 || answer.status === 403;
      if (answer.ok) this.answer = await answer.json();
      this.missed = 0;
    } catch (fault) {
      this.missed += fault.name === "TimeoutError" ? 2 : 1;  // one refused call may be a hiccup
    }
    this.asking = false;
    this.tell();
    const { unsaved } = this.data;
    if (unsaved && unsaved.retry && !this.retrying && !this.missed && !this.answer.fault) {
      this.retrying = true;  // until the page has answered: a store that is away takes its time
      this.trigger("again", Date.now());
    }
  }

  /** New data from the page: a run of its script has ended. */
  update(component) {
    const { data, setTriggerValue } = component;
    if (this.data && this.data.boot !== data.boot) this.restarted = true;  // the page came back by itself
    this.data = data;
    this.retrying = false;
    this.trigger = setTriggerValue;
    this.root = component.parentElement.querySelector(".mm-live") || component.parentElement.appendChild(node("div", "mm-live"));
    if (data.unsaved) {
      keep(localStorage, UNSAVED, { ...data.unsaved, session: data.session, at: new Date().toISOString() });
    } else if (data.planner) {
      const old = kept(localStorage, UNSAVED);
      if (old && old.session === data.session) keep(localStorage, UNSAVED, null);  // stored meanwhile, or given up
    }
    this.answer = {};
    this.tell();
    this.ask();
  }

  switched(on) {
    const { plan, session } = this.data || {};
    keep(sessionStorage, PENDING, { on, plan: plan ? plan.id : "", session, at: new Date().toISOString() });
  }

  acknowledged(on) {
    const waiting = kept(sessionStorage, PENDING);
    if (waiting && same(waiting.on, on)) keep(sessionStorage, PENDING, null);
  }

  /** Everything there is to say now. */
  tell() {
    const { data, answer } = this;
    const words = data.words;
    const lines = [];
    if (this.ended) lines.push(["away", words.ended]);
    if (this.missed > 1) lines.push(["away", words.away]);
    else if (answer.fault) lines.push(["away", answer.fault]);
    if (answer.boot && answer.boot !== data.boot) {
      lines.push(["restarted", words.restarted, [words.load, () => location.reload()]]);
    } else {
      if (this.restarted) lines.push(["restarted", words.restarted, [words.close, () => { this.restarted = false; this.tell(); }]]);
      this.changes(lines);
    }
    if (data.planner) this.drafts(lines);
    const others = (answer.plan && answer.plan.others) || [];
    if (others.length) {
      const names = others.map((name) => name || words.nobody).join(", ");
      lines.push(["others", fill(others.length === 1 ? words.one : words.more, { n: others.length, names })]);
    }
    this.draw(lines);
  }

  changes(lines) {
    const { data, answer } = this;
    const { words } = data;
    if (data.plan && answer.plan && answer.plan.version > data.plan.version) {
      const { version, changed_by: who, changed_at: at, deleted } = answer.plan;
      const said = fill(deleted ? words.deleted : words.changed, { who, version, time: clock(at) });
      lines.push(["changed", said, deleted ? null : [words.show, () => this.trigger("again", version)]]);
    }
    if (answer.imports && answer.imports !== data.imports) {
      lines.push(["imports", words.imports, [words.load, () => location.reload()]]);
    }
  }

  drafts(lines) {
    const { words, session, plan } = this.data;
    const waiting = kept(sessionStorage, PENDING);
    const old = kept(localStorage, UNSAVED);
    const offer = (item, forget) => lines.push([
      "kept", fill(words.kept, { name: item.name || item.plan || "…", time: clock(item.at) }),
      [words.restore, () => { forget(); this.trigger("restore", item); this.tell(); }],
      [words.discard, () => { forget(); this.tell(); }],
    ]);
    if (old && old.session !== session) offer(old, () => keep(localStorage, UNSAVED, null));
    if (waiting && waiting.session !== session && waiting.plan === (plan ? plan.id : "")) {
      offer(waiting, () => keep(sessionStorage, PENDING, null));
    }
  }

  /** Draw the lines, touching only what is new: a reader hears each line once. */
  draw(lines) {
    const text = JSON.stringify(lines.map(([kind, said]) => [kind, said]));
    if (this.root.dataset.said === text) return;
    this.root.dataset.said = text;
    this.root.setAttribute("role", "status");
    this.root.replaceChildren(...lines.map(([kind, said, ...buttons]) => {
      const line = node("div", "mm-told " + kind);
      line.append(node("span", "", said));
      for (const button of buttons.filter(Boolean)) {
        const made = node("button", "", button[0]);
        made.type = "button";
        made.addEventListener("click", button[1]);
        line.append(made);
      }
      return line;
    }));
  }
}

/** The one watcher of this window; each run of the page gives it new data. */
export function live(component) {
  window.mssmapLive = window.mssmapLive || new Live();
  window.mssmapLive.update(component);
}
