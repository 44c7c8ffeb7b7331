/*
 * What happens meanwhile: the server was started again, somebody else changed the plan, who else is on it, why a file was
 * not uploaded. Asks `/live` every other second while the window is seen. On every page it serves the queue of acts
 * (acts.js).
 *
 * All words come from data and are set as text.
 */

const PAUSE = 1500;
const PATIENCE = 2500;
const GIVEN_UP = "mssmap-given-up", AGAIN_MS = 20000;

let queue = null;

export function borrow(acts) { queue = acts.queue(); }

const node = (tag, className, text) => {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
};

const fill = (words, values) => words.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? values[name] : whole));
const clock = (at) => String(at || "").slice(11, 16);

/**
 * Streamlit gives a page up for good when it gets a reference to a message that it has let go, as may happen after a cut
 * or over a slow line. All that was done is in the queue and in the address, so the page is loaded again; not twice in a
 * row, for then the reason is another.
 */
function loadAgainIfGivenUp() {
  const given = document.querySelector(".stApp[data-test-connection-state=DISCONNECTED_FOREVER]");
  const last = Number(sessionStorage.getItem(GIVEN_UP) || 0);
  if (!given || Date.now() - last < AGAIN_MS) return;
  sessionStorage.setItem(GIVEN_UP, String(Date.now()));
  location.reload();
}

/** Sign in again and come back here; what waits in this browser is sent then. */
const signIn = () => {
  const here = location.pathname + location.search;
  location.assign(new URL("signin?" + new URLSearchParams({ next: here }), document.baseURI));
};

class Live {
  constructor() {
    this.tab = queue.tab;
    this.restarted = false;
    this.foreign = null;
    this.missed = 0;
    this.answer = {};
    queue.watch("live", () => { if (this.data) this.tell(); });
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
      if (answer.ok) {
        this.answer = await answer.json();
        loadAgainIfGivenUp();
      }
      this.missed = 0;
    } catch (fault) {
      this.missed += fault.name === "TimeoutError" ? 2 : 1;  // one refused call may be a hiccup
    }
    this.asking = false;
    this.hear(this.answer.plan);
    this.tell();
  }

  /** The plan as it is in the store; a version that this window neither shows nor made is somebody else's. */
  hear(told) {
    const { plan } = this.data;
    if (!plan || !told) return;
    const own = queue.heard.get(plan.id);
    const known = Math.max(plan.version, own ? own.version : 0);
    if (queue.waiting(plan.id).length) this.foreign = null;
    else if (told.version > known && !told.deleted) this.foreign = told;
    document.dispatchEvent(new CustomEvent("mssmap:version", { detail: { id: plan.id, version: told.version } }));
  }

  /** New data from the page: a run of its script has ended. */
  update(component) {
    const { data } = component;
    if (this.data && this.data.boot !== data.boot) {  // the page came back by itself
      this.restarted = true;
      queue.startAnew();
    }
    const moved = this.data && (this.data.plan || {}).id !== (data.plan || {}).id;
    if (moved || (this.foreign && data.plan && data.plan.made >= this.foreign.version)) this.foreign = null;
    this.data = data;
    this.root = component.parentElement.querySelector(".mm-live") || component.parentElement.appendChild(node("div", "mm-live"));
    this.answer = {};
    queue.serve(data);
    this.tell();
    this.ask();
  }

  /** Everything there is to say now. */
  tell() {
    const { data, answer } = this;
    const words = data.words;
    const lines = [];
    if (this.ended) lines.push(["away", words.ended, [words.sign_in, signIn]]);
    if (this.missed > 1) lines.push(["away", words.away]);
    else if (answer.fault) lines.push(["away", answer.fault]);
    if (answer.boot && answer.boot !== data.boot) {
      lines.push(["restarted", words.restarted, [words.load, () => location.reload()]]);
    } else {
      if (this.restarted) lines.push(["restarted", words.restarted, [words.close, () => { this.restarted = false; this.tell(); }]]);
      this.changes(lines);
    }
    lines.push(...uploadLines(words));
    const waiting = data.planner ? 0 : queue.read().mine.length;
    if (waiting) lines.push(["kept", fill(words.waiting, { n: waiting })]);
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
    if (data.planner && this.foreign) {
      const { changed_by: who, changed_at: at } = this.foreign;
      const close = () => { this.foreign = null; this.tell(); };
      lines.push(["changed", fill(words.changed, { who: who === words.local ? words.window : who, time: clock(at) }), [words.close, close]]);
    }
    if (answer.imports && answer.imports !== data.imports) {
      lines.push(["imports", words.imports, [words.load, () => location.reload()]]);
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

// ------------------------------------------------------------------------------------------------------------ uploads

/** What the server answered to uploads that it did not take, by name of the file: Streamlit shows the number alone. */
const refusals = new Map();

/** Ask for the answer to an upload in the language of the page, and keep it if it is a refusal. */
function hearRefusals() {
  const send = XMLHttpRequest.prototype.send;
  XMLHttpRequest.prototype.send = function (body) {
    const file = body instanceof FormData && [...body.values()].find((one) => one instanceof File);
    const language = window.mssmapLive?.data?.lang;
    if (file && language) {
      this.setRequestHeader("Accept-Language", language);
      this.addEventListener("load", () => {
        refusals.delete(file.name);
        const isOurs = this.getResponseHeader("content-language") === language;
        if (this.status >= 400 && isOurs) refusals.set(file.name, this.responseText.trim());
      });
    }
    send.call(this, body);
  };
}

/** The size in a text of Streamlit, such as "25.0 MB". */
const sizeIn = (text) => text.match(/\d[\d.]*[KMG]?B/)?.[0].replace(/(?<=\d)(?=[KMGB])/, " ");

/** A line for each file that an uploader of Streamlit shows as not taken. */
function uploadLines(words) {
  return [...document.querySelectorAll("[data-testid=stFileChip][aria-invalid=true]")].map((chip) => {
    const file = chip.querySelector("[data-testid=stFileChipName]")?.textContent ?? "";
    return ["away", fill(whyRefused(chip, file, words), {
      file,
      found: sizeIn(chip.getAttribute("aria-label").slice(file.length)),
      most: sizeIn(chip.querySelector("[role=alert]").textContent),
      kinds: chip.closest("[data-testid=stFileUploader]").querySelector("input").accept.split(",").filter((kind) => kind[0] === ".").join(", "),
      answer: refusals.get(file),
    })];
  });
}

/** The words for a file that was not taken; what Streamlit itself says of it is English. */
function whyRefused(chip, file, words) {
  const said = chip.querySelector("[role=alert]").textContent;
  if (said.includes("or smaller")) return words.too_large;
  if (said.includes("not allowed")) return words.other_kind;
  if (refusals.has(file)) return words.not_taken;
  return said.includes("413") ? words.too_large_there : words.not_uploaded;
}

/** The one watcher of this window; each run of the page gives it new data. */
export function live(component) {
  window.mssmapLive = window.mssmapLive || new Live();
  window.mssmapLive.update(component);
}

// ---------------------------------------------------------------- address and history

/**
 * One entry of the history a view. Streamlit pushes one for a new page and another for its query, so a push on the same
 * page that follows no act of the person takes the place of the entry that is there.
 */
function keepHistory() {
  let acted = true;
  ["pointerdown", "keydown"].forEach((name) => document.addEventListener(name, () => { acted = true; }, true));
  const push = history.pushState.bind(history);
  history.pushState = (state, title, address) => {
    const samePage = new URL(address ?? location.href, location.href).pathname === location.pathname;
    if (samePage && !acted) history.replaceState(state, title, address);
    else push(state, title, address);
    acted = false;
  };
}

/**
 * A typed date is taken on Enter, and on Tab behind its last part. Streamlit takes it when the focus goes to something
 * outside of the field, so it goes to a place of its own for a moment.
 */
function takeTypedDates() {
  const aside = node("span");
  aside.tabIndex = -1;
  document.body.append(aside);
  document.addEventListener("keydown", (event) => {
    const part = event.target.closest?.("[data-testid=stDateInputField] [data-type]");
    if (!part || (event.key !== "Enter" && event.key !== "Tab") || event.shiftKey) return;
    const parts = [...part.parentElement.querySelectorAll("[data-type]:not([data-type=literal])")];
    if (event.key === "Tab" && part !== parts.at(-1)) return;
    event.preventDefault();
    event.stopPropagation();
    const buttons = part.closest("[data-testid=stDateInputField]").querySelectorAll("button:not([tabindex='-1'])");
    aside.focus({ preventScroll: true });
    setTimeout(() => buttons[0]?.focus({ preventScroll: true }), 0);
  }, true);
}

if (!window.mssmapAddress) {
  window.mssmapAddress = true;
  keepHistory();
  takeTypedDates();
  hearRefusals();
}
