/*
 * Components of the page itself: the bridge to the map frame, the layer list, the key figures and the record card.
 * They get JSON and build the page with textContent; a link is set only when it is http(s).
 */

document.documentElement.dataset.mssmapPanel = "";  // the page need not say that it could not start, see page.css

export const $ = (tag, className, text) => {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text !== undefined && text !== null) node.textContent = String(text);
  return node;
};

const local = (path) => new URL("app/static/" + path, document.baseURI).href;

const GLYPHS = "GLYPHS";

export function picture(symbol) {
  const image = $("img");
  image.src = "data:image/svg+xml," + encodeURIComponent(GLYPHS[symbol] || "");
  image.alt = "";
  return image;
}

function link(text, url) {
  if (!/^https?:\/\//i.test(url || "")) return $("span", "", text);
  const anchor = $("a", "", text);
  anchor.href = url;
  anchor.target = "_blank";
  anchor.rel = "noopener noreferrer";
  return anchor;
}

export const tell = (name, detail) => document.dispatchEvent(new CustomEvent(name, { detail }));

export function slot(component, className) {
  let root = component.parentElement.querySelector("." + className);
  if (!root) {
    root = $("div", className);
    component.parentElement.append(root);
  }
  return root;
}

// ---------------------------------------------------------------- bridge

/** The large part of a view (words, history or records); it travels only when it changes. */
export function body(component) {
  window.mssmapBody = component.data;
  window.mssmapHistory = component.data.history;
  tell("mssmap:body");
  join();
}

/** Both parts of a view make one; they may come in any order. */
function join() {
  const large = window.mssmapBody, light = window.mssmapLight;
  if (!large || !light || large.body !== light.body) return;
  window.mssmapView = { ...large, ...light };
  tell("mssmap:view", window.mssmapView);
}

/** Keeps the place of the map in the address, which Streamlit writes anew from what it knows. */
function keepPlace() {
  if (window.mssmapPlaceKept) return;
  window.mssmapPlaceKept = true;
  for (const name of ["pushState", "replaceState"]) {
    const own = history[name].bind(history);
    history[name] = (state, title, address) => {
      const to = new URL(address ?? location.href, location.href);
      if (window.mssmapPlace && to.pathname === location.pathname) {
        Object.entries(window.mssmapPlace).forEach(([key, value]) => to.searchParams.set(key, value));
      }
      own(state, title, to.href);
    };
  }
}

/** Passes the light part of a view to the map frame, and clicks on the map back to Python. */
export function bridge(component) {
  const { data, setTriggerValue } = component;
  keepPlace();
  window.mssmapLight = data;
  join();
  const answer = (name, key) => {
    const slotName = "mssmapOn:" + name;
    if (window[slotName]) document.removeEventListener(name, window[slotName]);
    window[slotName] = (event) => setTriggerValue(key, event.detail);
    document.addEventListener(name, window[slotName]);
  };
  answer("mssmap:select", "selected");
  const frame = document.querySelector(".st-key-map iframe");
  if (frame) frame.title = data.described;
  if (!window.mssmapThemeWatch) {
    const page = document.querySelector(".stApp");
    window.mssmapThemeWatch = new MutationObserver(() => setTimeout(() => tell("mssmap:theme"), 60));
    if (page) window.mssmapThemeWatch.observe(page, { attributes: true, attributeFilter: ["class", "style", "data-theme"] });
    window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => setTimeout(() => tell("mssmap:theme"), 120));
  }
}

// ---------------------------------------------------------------- dial

const DAY = 86400000;
const isoOf = (day) => new Date(day * DAY).toISOString().slice(0, 10);
const monthsOn = (day, n) => {
  const at = new Date(day * DAY);
  const last = new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth() + n + 1, 0)).getUTCDate();
  return Math.round(Date.UTC(at.getUTCFullYear(), at.getUTCMonth() + n, Math.min(at.getUTCDate(), last)) / DAY);
};

/**
 * Tell Python a value each time that a person chose it, also the same one again: by Back, or by another control, the page
 * may show another meanwhile. A state and no trigger, for one that was told while the line was away is sent afterwards.
 */
const eachTime = (setStateValue) => (name, value) => setStateValue(name, { value, at: Date.now() });

/** Slider and steps of the day: the map follows the hand, Python is told when it rests. */
export function dial(component) {
  const { data, setStateValue } = component;
  const root = slot(component, "mm-dial");
  root.data = data;
  root.tell = eachTime(setStateValue);
  if (!root.slider) {
    root.slider = $("input");
    root.slider.type = "range";
    root.words = $("output");
    const bar = $("div", "mm-steps");
    root.buttons = data.steps.map((step) => {
      const button = $("button");
      button.type = "button";
      button.addEventListener("click", () => go(step.months ? monthsOn(root.day, step.months) : root.day + step.days));
      bar.append(button);
      return button;
    });
    const go = (day) => {
      const { min, max, trail, start, end, months } = root.data;
      root.day = Math.max(min, Math.min(max, day));
      root.slider.value = root.day;
      const at = new Date(root.day * DAY);
      const title = `${at.getUTCDate()} ${months[at.getUTCMonth()]} ${at.getUTCFullYear()}`;
      root.words.textContent = title;
      root.slider.setAttribute("aria-valuetext", title);
      const last = end === null ? root.day : end;
      tell("mssmap:day", { day: root.day, start: start === null ? last - trail : start, end: last, title });
      clearTimeout(root.timer);
      root.timer = setTimeout(() => { root.sent = root.day; root.tell("day", isoOf(root.day)); }, 250);
    };
    root.slider.addEventListener("input", () => go(Number(root.slider.value)));
    root.append(root.words, root.slider, bar);
  }
  root.slider.min = data.min;
  root.slider.max = data.max;
  root.slider.setAttribute("aria-label", data.label);
  data.steps.forEach((step, i) => {
    root.buttons[i].textContent = step.sign;
    root.buttons[i].title = step.words;
    root.buttons[i].setAttribute("aria-label", step.words);
  });
  if (root.day === undefined || data.day !== root.shown) {
    root.shown = data.day;
    if (root.sent === undefined || data.day !== root.sent || root.day === root.sent) root.day = data.day;
    root.slider.value = root.day;
    root.words.textContent = data.title;
    root.slider.setAttribute("aria-valuetext", data.title);
  }
}

// ---------------------------------------------------------------- grade

/** The lowest grade shown: the map and the lanes follow at once, Python is told when the hand rests. */
export function grade(component) {
  const { data, setStateValue } = component;
  const root = slot(component, "mm-least");
  root.tell = eachTime(setStateValue);
  if (!root.choice) {
    root.choice = $("select");
    root.words = $("span");
    root.choice.addEventListener("change", () => {
      window.mssmapGrade = root.choice.value;
      tell("mssmap:grade", window.mssmapGrade);
      clearTimeout(root.timer);
      root.timer = setTimeout(() => { root.sent = root.choice.value; root.tell("grade", root.sent); }, 250);
    });
    const label = $("label");
    label.append(root.words, root.choice);
    root.append(label);
  }
  root.words.textContent = data.label;
  root.title = data.help;
  root.choice.replaceChildren(...data.grades.map(([value, words]) => {
    const option = $("option", "", words);
    option.value = value;
    return option;
  }));
  if (root.shown !== data.grade && (root.sent === undefined || data.grade !== root.sent || window.mssmapGrade === root.sent)) {
    window.mssmapGrade = data.grade;
  }
  root.shown = data.grade;
  root.choice.value = window.mssmapGrade;
}

// ---------------------------------------------------------------- layer list

/** Check boxes for every layer; the map follows at once, Python is told when the hand rests. */
export function layers(component) {
  const { data, setStateValue, signal } = component;
  const root = slot(component, "mm-layers");
  root.tell = eachTime(setStateValue);
  if (root.generation !== data.generation) {
    root.generation = data.generation;
    root.on = new Set(data.on);
  }
  window.mssmapOn = [...root.on];
  const focused = component.parentElement.activeElement || document.activeElement;
  const focusedId = focused && focused.dataset ? focused.dataset.id : null;
  const change = (ids, wanted) => {
    ids.forEach((id) => (wanted ? root.on.add(id) : root.on.delete(id)));
    window.mssmapOn = [...root.on];
    tell("mssmap:layers", window.mssmapOn);
    mark();
    clearTimeout(root.timer);
    root.timer = setTimeout(() => root.tell("on", window.mssmapOn), 250);
  };
  const boxes = [];
  const mark = () => boxes.forEach(({ input, ids }) => {
    const lit = ids.filter((id) => root.on.has(id)).length;
    input.checked = lit === ids.length;
    input.indeterminate = lit > 0 && lit < ids.length;
  });
  const numbers = [];
  const number = (ids) => {
    const node = $("span", "mm-n");
    if (ids.length) numbers.push({ node, ids });
    return node;
  };
  const count = () => {
    root.querySelectorAll(".mm-window").forEach((node) => { node.textContent = window.mssmapWindow || ""; });
    const tally = window.mssmapCounts || {}, doubt = window.mssmapDoubt || {};
    numbers.forEach(({ node, ids }) => {
      const sum = (of) => ids.reduce((total, id) => total + of(id), 0);
      const value = sum((id) => tally[id] || 0);
      const [dates, places, below] = [0, 1, 2].map((which) => sum((id) => (doubt[id] || [0, 0, 0])[which]));
      const low = value - dates, high = value + places + below;
      const words = !value && below ? "–" : low === high ? String(value) : `${low}–${high}`;
      node.textContent = words;
      node.title = [[dates, data.reasons.dates], [places, data.reasons.places], [below, data.reasons.below]].filter(([n]) => n)
        .map(([n, words]) => words.replace("{n}", n)).join(" ");
    });
  };
  if (!root.count) document.addEventListener("mssmap:counts", () => root.count(), { signal });
  root.count = count;
  const box = (ids, id, words) => {
    const label = $("label");
    const input = $("input");
    input.type = "checkbox";
    input.dataset.id = id;
    input.addEventListener("change", () => change(ids, input.checked));
    boxes.push({ input, ids });
    label.append(input, ...words);
    return label;
  };
  const groups = data.groups.map((group) => {
    const part = $("section");
    const head = $("div", "mm-head");
    const fold = $("button", "mm-fold");
    const list = $("ul");
    const ids = group.items.map((item) => item.id);
    part.dataset.id = group.id;
    const before = root.querySelector(`section[data-id="${group.id}"] .mm-fold`);
    const open = before ? before.ariaExpanded === "true" : group.open;
    fold.type = "button";
    fold.dataset.id = "fold-" + group.id;
    fold.ariaLabel = group.label;
    const show = (wanted) => { fold.ariaExpanded = String(wanted); list.hidden = !wanted; };
    fold.addEventListener("click", () => show(list.hidden));
    show(open);
    head.append(fold, box(ids, group.id, [$("span", "mm-name", group.label), number(group.counted ? ids.filter((id) => id !== "events.planned") : [])]));
    group.items.forEach((item) => {
      const row = $("li");
      row.append(box([item.id], item.id, [picture(item.symbol), $("span", "mm-name", item.label), number(group.counted ? [item.id] : [])]));
      list.append(row);
    });
    part.append(head, ...(group.timed ? [$("div", "mm-window")] : []), list);
    return part;
  });
  root.replaceChildren(...groups);
  mark();
  count();
  if (focusedId) {
    const again = root.querySelector(`[data-id="${focusedId}"]`);
    if (again) again.focus();
  }
}

// ---------------------------------------------------------------- key figures

export function figures(component) {
  const root = slot(component, "mm-figures");
  root.setAttribute("role", "list");
  root.replaceChildren(...component.data.items.map((item) => {
    const card = $("div", "mm-card");
    card.setAttribute("role", "listitem");
    card.title = item.help || "";
    const value = $("div", "mm-value", item.value);
    if (item.of) value.append($("span", "mm-of", item.of));
    card.append(value, $("div", "mm-label", item.label), $("div", "mm-sub", item.sub));
    return card;
  }));
  clearTimeout(root.again);
  if (component.data.ask !== null && component.data.ask !== undefined) {
    root.again = setTimeout(() => component.signal.aborted || component.setTriggerValue("more", component.data.ask), 400);
  }
  if (root.headline || !component.data.live) return;
  root.headline = ({ detail }) => {
    const value = root.querySelector(".mm-value");
    if (!value) return;
    value.replaceChildren(detail.value, $("span", "mm-of", detail.of));
    root.dataset.painted = detail.value;
  };
  document.addEventListener("mssmap:headline", root.headline, { signal: component.signal });
}

// ---------------------------------------------------------------- record card

/** One record: what, when, how precise, the figures side by side, its history, who says so. */
export function record(component) {
  const { data, setTriggerValue } = component;
  const root = slot(component, "mm-record");
  const parts = [];
  const section = (title, ...children) => {
    const part = $("section");
    part.append($("h4", "", title), ...children);
    parts.push(part);
  };
  const head = $("header");
  const title = $("div");
  title.append($("h3", "", data.title), $("div", "mm-kind", data.kind));
  head.append(picture(data.symbol), title);
  if (data.close) {
    const close = $("button", "mm-close", "×");
    close.type = "button";
    close.setAttribute("aria-label", data.close);
    close.addEventListener("click", () => setTriggerValue("closed", true));
    head.append(close);
  }
  parts.push(head);
  const badges = $("div", "mm-badges");
  data.badges.forEach((badge) => {
    const node = $("span", "mm-badge " + (badge.tone || ""), badge.text);
    node.title = badge.help || "";
    badges.append(node);
  });
  parts.push(badges);
  const facts = $("dl");
  data.facts.forEach(([name, value]) => facts.append($("dt", "", name), $("dd", "", value)));
  parts.push(facts);
  data.figures.forEach((figure) => {
    const table = $("table");
    figure.rows.forEach((row) => {
      const line = $("tr");
      const who = $("td");
      who.append(link(row.source, row.url));
      if (row.note) who.append($("div", "mm-note", row.note));
      line.append($("td", "mm-figure", row.value), who);
      table.append(line);
    });
    section(figure.label, table);
  });
  if (data.note) section(data.labels.note, $("p", "", data.note));
  const timeline = (title, rows) => {
    if (!rows.length) return;
    const list = $("ol", "mm-history");
    rows.forEach((row) => {
      const item = $("li", row.now ? "now" : "");
      item.append($("div", "mm-when", row.when), $("div", "", row.what));
      if (row.note) item.append($("div", "mm-note", row.note));
      list.append(item);
    });
    section(title, list);
  };
  timeline(data.labels.history, data.history);
  timeline(data.labels.revisions, data.revisions);
  const sources = $("ul", "mm-sources");
  data.sources.forEach((source) => {
    const item = $("li");
    const words = $("div");
    words.append(link(source.title, source.url), $("div", "mm-note", source.by));
    item.append($("span", "mm-grade", source.grade), words);
    sources.append(item);
  });
  section(data.labels.sources, sources);
  root.replaceChildren(...parts);
  if (root.shown !== data.id) {
    root.shown = data.id;
    root.scrollTop = 0;
  }
}

// ---------------------------------------------------------------- bases of a plan

/** Whom each base reaches: kept so that a toggle is painted at once. */
export function reach(component) {
  const { data } = component;
  const bits = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  window.mssmapReach = { ...data, within: data.within.map(bits), possible: data.possible.map(bits) };
}

/**
 * Cells and people covered by the bases that are on: the same rule as `plan.cells` in Python.
 * Cells: "2" two bases or more, "1" one, "p" at the best speed only, "0" none.
 */
export function covered(reach, on) {
  const active = reach.ids.map((id, i) => (on.has(id) ? i : -1)).filter((i) => i >= 0);
  const letters = new Array(reach.people.length);
  let people = 0, all = 0;
  reach.people.forEach((count, cell) => {
    const at = cell >> 3, bit = 128 >> (cell & 7);
    let hits = 0, maybe = false;
    for (const i of active) {
      if (reach.within[i][at] & bit) hits += 1;
      else if (reach.possible[i][at] & bit) maybe = true;
    }
    letters[cell] = hits > 1 ? "2" : hits ? "1" : maybe ? "p" : "0";
    if (hits) people += count;
    all += count;
  });
  return { cells: letters.join(""), people, percent: all ? 100 * people / all : 0 };
}

/** Shows a toggle in the map and in the first figure before Python has worked out the others. */
export function paint(on) {
  if (!window.mssmapReach) return;
  const found = covered(window.mssmapReach, new Set(on));
  const value = String(found.people).replace(/\B(?=(\d{3})+$)/g, window.mssmapReach.group);
  tell("mssmap:headline", { value, of: `${Math.round(found.percent)} %` });
  requestAnimationFrame(() => tell("mssmap:plan", { cells: found.cells, on }));  // the figure is on screen by then
}

// ---------------------------------------------------------------- words

/** A few sentences and a button that copies them. */
export function words(component) {
  const { data } = component;
  const root = slot(component, "mm-words");
  const copy = $("button", "", data.copy);
  copy.type = "button";
  copy.addEventListener("click", async () => {
    await navigator.clipboard.writeText(data.lines.join("\n"));
    copy.textContent = data.copied;
    setTimeout(() => { copy.textContent = data.copy; }, 1500);
  });
  const list = $("div");
  list.append(...data.lines.map((line) => $("p", "", line)));
  root.replaceChildren(list, copy);
}

// ---------------------------------------------------------------- table twin

const namesFiles = new Map();
const namesOf = (file) => {
  if (!namesFiles.has(file)) namesFiles.set(file, fetch(local(file)).then((answer) => answer.json()));
  return namesFiles.get(file);
};

/** The same rows that the map draws, from the same message: sortable, searchable, a row opens its record. */
export function twin(component) {
  const { setTriggerValue, signal } = component;
  const root = slot(component, "mm-twin");
  root.pick = (id) => setTriggerValue("picked", id);
  if (root.ready) return;
  root.ready = true;
  const search = $("input");
  const count = $("span", "mm-n");
  const bar = $("div", "mm-bar");
  search.type = "search";
  bar.append(search, count);
  const scroller = $("div", "mm-scroll");
  scroller.tabIndex = 0;
  scroller.setAttribute("role", "region");
  root.append(bar, scroller);
  let sort = { column: 1, down: false };
  let rows = [];
  const columns = ["name", "layer", "state", "where", "grade"];
  const table = $("table"), caption = $("caption"), top = $("thead"), head = $("tr"), body = $("tbody"), none = $("p", "mm-empty");
  let lines = new Map();
  columns.forEach((column, i) => {
    const cell = $("th"), button = $("button");
    cell.scope = "col";
    button.type = "button";
    button.addEventListener("click", () => {
      sort = { column: i, down: sort.column === i && !sort.down };
      draw();
    });
    cell.append(button);
    head.append(cell);
  });
  top.append(head);
  table.append(caption, top, body);
  scroller.append(table, none);

  const draw = () => {
    const words = window.mssmapShown.text;
    const needle = search.value.trim().toLocaleLowerCase();
    const shown = rows.filter((row) => !needle || row.all.includes(needle));
    shown.sort((a, b) => {
      const order = a.cells[sort.column].localeCompare(b.cells[sort.column], undefined, { numeric: true });
      return sort.down ? -order : order;
    });
    count.textContent = words.rows.replace("{n}", shown.length);
    caption.textContent = words.table;
    [...head.children].forEach((cell, i) => {
      cell.setAttribute("aria-sort", i === sort.column ? (sort.down ? "descending" : "ascending") : "none");
      cell.firstChild.textContent = words[columns[i]];
    });
    const before = lines;
    lines = new Map(shown.map((row) => [row.key, before.get(row.key) || lineOf(row)]));
    before.forEach((line, key) => { if (!lines.has(key)) line.remove(); });
    let at = body.firstChild; // rows that stay where they are are not touched
    lines.forEach((line) => { if (line === at) at = at.nextSibling; else body.insertBefore(line, at); });
    none.textContent = words.none;
    none.hidden = shown.length > 0;
  };

  const lineOf = (row) => {
    const line = $("tr"), first = $("td"), button = $("button", "mm-open");
    button.type = "button";
    button.append(picture(row.symbol), $("span", "", row.cells[0]));
    button.addEventListener("click", () => {
      document.querySelector(".st-key-map").scrollIntoView({ block: "nearest" });
      root.pick(row.id);
    });
    first.append(button);
    line.append(first, ...row.cells.slice(1).map((cell) => $("td", "", cell)));
    line.dataset.id = row.id;
    return line;
  };

  const read = async () => {
    const view = window.mssmapShown;
    if (!view || !root.isConnected) return;
    const known = await namesOf(view.names);
    const on = new Set(window.mssmapOn || view.on);
    const isOn = (symbol) => on.has(symbol) || on.has(symbol.split(".")[0]);
    const words = view.text;
    const title = (symbol) => words[symbol.split(".")[0]] || words.facilities;
    const row = (id, symbol, name, line, at, precision, grade) => {
      const where = (words["precision_" + precision] || "") + (at ? "" : ` (${words.off_map})`);
      const cells = [name, title(symbol), line, where, grade];
      return { id, symbol, cells, key: [id, symbol, ...cells].join("\n"), all: cells.join(" ").toLocaleLowerCase() };
    };
    const named = (item) => item.n[view.lang] || item.n.en;
    rows = view.records.filter(([, symbol]) => isOn(symbol)).map(([id, symbol, , line, grade]) =>
      row(id, symbol, named(known.points[id]), line, known.points[id].at, known.points[id].p, grade));
    rows.push(...view.zones.filter(([, level]) => isOn(view.zone_layer + "." + level)).map(([id, level, , line, grade]) =>
      row(id, view.zone_layer + "." + level, named(known.points[id]), line, true, known.points[id].p, grade)));
    rows.push(...view.events.filter(([i]) => isOn(known.events[i].g)).map(([i, line, , grade]) =>
      row(known.events[i].id, known.events[i].g, named(known.events[i]), line, known.events[i].at, known.events[i].p, grade)));
    search.placeholder = words.filter;
    search.setAttribute("aria-label", words.filter);
    scroller.setAttribute("aria-label", words.table);
    draw();
  };
  // the table is long and stands below the map: it waits until the hand rests
  const readSoon = () => { clearTimeout(root.timer); root.timer = setTimeout(read, 200); };
  search.addEventListener("input", draw);
  document.addEventListener("mssmap:shown", read, { signal });
  document.addEventListener("mssmap:layers", readSoon, { signal });
  read();
}
