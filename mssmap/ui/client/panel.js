/*
 * Components of the page itself: the bridge to the map frame, the layer list, the key figures and the record card.
 * They get JSON and build the page with textContent; a link is set only when it is http(s).
 */

const $ = (tag, className, text) => {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text !== undefined && text !== null) node.textContent = String(text);
  return node;
};

const local = (path) => new URL("app/static/" + path, document.baseURI).href;

function picture(symbol) {
  const image = $("img");
  image.src = local(`glyphs/${symbol}.svg`);
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

const tell = (name, detail) => document.dispatchEvent(new CustomEvent(name, { detail }));

function slot(component, className) {
  let root = component.parentElement.querySelector("." + className);
  if (!root) {
    root = $("div", className);
    component.parentElement.append(root);
  }
  return root;
}

// ---------------------------------------------------------------- bridge

/** Passes view messages to the map frame and the clicks on it back to Python. */
export function bridge(component) {
  const { data, setTriggerValue } = component;
  window.mssmapView = data;
  tell("mssmap:view", data);
  if (window.mssmapOnSelect) document.removeEventListener("mssmap:select", window.mssmapOnSelect);
  window.mssmapOnSelect = (event) => setTriggerValue("selected", event.detail);
  document.addEventListener("mssmap:select", window.mssmapOnSelect);
  if (window.mssmapOnPlace) document.removeEventListener("mssmap:place", window.mssmapOnPlace);
  window.mssmapOnPlace = (event) => setTriggerValue("placed", event.detail);
  document.addEventListener("mssmap:place", window.mssmapOnPlace);
  const frame = document.querySelector(".st-key-map iframe");
  if (frame) frame.title = data.text.described;
  if (!window.mssmapThemeWatch) {
    const page = document.querySelector(".stApp");
    window.mssmapThemeWatch = new MutationObserver(() => setTimeout(() => tell("mssmap:theme"), 60));
    if (page) window.mssmapThemeWatch.observe(page, { attributes: true, attributeFilter: ["class", "style", "data-theme"] });
    window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => setTimeout(() => tell("mssmap:theme"), 120));
  }
}

// ---------------------------------------------------------------- layer list

/** Check boxes for every layer; the map follows at once, Python is told with the same click. */
export function layers(component) {
  const { data, setStateValue } = component;
  const root = slot(component, "mm-layers");
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
    setStateValue("on", window.mssmapOn);
  };
  const boxes = [];
  const mark = () => boxes.forEach(({ input, ids }) => {
    const lit = ids.filter((id) => root.on.has(id)).length;
    input.checked = lit === ids.length;
    input.indeterminate = lit > 0 && lit < ids.length;
  });
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
    const part = $("details");
    const head = $("summary");
    const ids = group.items.map((item) => item.id);
    part.dataset.id = group.id;
    const before = root.querySelector(`details[data-id="${group.id}"]`);
    part.open = before ? before.open : group.open;
    const total = group.items.reduce((sum, item) => sum + (item.count || 0), 0);
    const whole = box(ids, group.id, [$("span", "mm-name", group.label), $("span", "mm-n", group.items[0].count === null ? "" : total)]);
    head.append(whole);
    const list = $("ul");
    group.items.forEach((item) => {
      const row = $("li");
      row.append(box([item.id], item.id, [picture(item.symbol), $("span", "mm-name", item.label), $("span", "mm-n", item.count === null ? "" : item.count)]));
      list.append(row);
    });
    part.append(head, list);
    return part;
  });
  root.replaceChildren(...groups);
  mark();
  if (focusedId) {
    const again = root.querySelector(`input[data-id="${focusedId}"]`);
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

/** One row a base: a switch, what it is, and what it adds. */
export function bases(component) {
  const { data, setTriggerValue } = component;
  const root = slot(component, "mm-bases");
  const focused = component.parentElement.activeElement || document.activeElement;
  const focusedId = focused && focused.dataset ? focused.dataset.id : null;
  const table = $("table");
  table.append($("caption", "", data.caption));
  const head = $("tr");
  data.columns.forEach((column) => { const cell = $("th", "", column); cell.scope = "col"; head.append(cell); });
  const top = $("thead");
  top.append(head);
  const body = $("tbody");
  data.rows.forEach((row) => {
    const line = $("tr", row.on ? "on" : "");
    const first = $("td");
    const label = $("label");
    const input = $("input");
    input.type = "checkbox";
    input.checked = row.on;
    input.dataset.id = row.id;
    input.addEventListener("change", () => setTriggerValue("toggled", row.id));
    const words = $("span");
    words.append($("span", "mm-name", row.name), $("span", "mm-note", row.kind));
    label.append(input, picture(row.symbol), words);
    first.append(label);
    line.append(first, ...row.cells.map((cell) => $("td", "mm-num", cell)));
    body.append(line);
  });
  table.append(top, body);
  root.replaceChildren(table);
  if (focusedId) { const again = root.querySelector(`input[data-id="${CSS.escape(focusedId)}"]`); if (again) again.focus(); }
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
  const { setTriggerValue } = component;
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

  const draw = () => {
    const words = window.mssmapView.text;
    const needle = search.value.trim().toLocaleLowerCase();
    const shown = rows.filter((row) => !needle || row.all.includes(needle));
    shown.sort((a, b) => {
      const order = a.cells[sort.column].localeCompare(b.cells[sort.column], undefined, { numeric: true });
      return sort.down ? -order : order;
    });
    count.textContent = words.rows.replace("{n}", shown.length);
    const table = $("table");
    table.append($("caption", "", words.table));
    const head = $("tr");
    columns.forEach((column, i) => {
      const cell = $("th");
      cell.scope = "col";
      cell.setAttribute("aria-sort", i === sort.column ? (sort.down ? "descending" : "ascending") : "none");
      const button = $("button", "", words[column]);
      button.type = "button";
      button.addEventListener("click", () => {
        sort = { column: i, down: sort.column === i && !sort.down };
        draw();
        root.querySelectorAll("th button")[i].focus();
      });
      cell.append(button);
      head.append(cell);
    });
    const body = $("tbody");
    shown.forEach((row) => {
      const line = $("tr");
      const first = $("td");
      const button = $("button", "mm-open");
      button.type = "button";
      button.append(picture(row.symbol), $("span", "", row.cells[0]));
      button.addEventListener("click", () => {
        document.querySelector(".st-key-map").scrollIntoView({ block: "nearest" });
        root.pick(row.id);
      });
      first.append(button);
      line.append(first, ...row.cells.slice(1).map((cell) => $("td", "", cell)));
      line.dataset.id = row.id;
      body.append(line);
    });
    const top = $("thead");
    top.append(head);
    table.append(top, body);
    scroller.replaceChildren(table);
    if (!shown.length) scroller.append($("p", "mm-empty", words.none));
  };

  const read = async () => {
    const view = window.mssmapView;
    if (!view || !root.isConnected) return;
    const known = await namesOf(view.names);
    const on = new Set(window.mssmapOn || view.on);
    const isOn = (symbol) => on.has(symbol) || on.has(symbol.split(".")[0]);
    const words = view.text;
    const title = (symbol) => words[symbol.split(".")[0]] || words.facilities;
    const row = (id, symbol, name, line, at, precision, grade) => {
      const where = (words["precision_" + precision] || "") + (at ? "" : ` (${words.off_map})`);
      const cells = [name, title(symbol), line, where, grade];
      return { id, symbol, cells, all: cells.join(" ").toLocaleLowerCase() };
    };
    const named = (item) => item.n[view.lang] || item.n.en;
    rows = view.records.filter(([, symbol]) => isOn(symbol)).map(([id, symbol, , line, grade]) =>
      row(id, symbol, named(known.points[id]), line, known.points[id].at, known.points[id].p, grade));
    rows.push(...view.zones.filter(([, level]) => isOn("gang_zones." + level)).map(([id, level, , line, grade]) =>
      row(id, "gang_zones." + level, named(known.points[id]), line, true, known.points[id].p, grade)));
    rows.push(...view.events.filter(([i]) => isOn(known.events[i].g)).map(([i, line, , grade]) =>
      row(known.events[i].id, known.events[i].g, named(known.events[i]), line, known.events[i].at, known.events[i].p, grade)));
    search.placeholder = words.filter;
    search.setAttribute("aria-label", words.filter);
    scroller.setAttribute("aria-label", words.table);
    draw();
  };
  search.addEventListener("input", draw);
  document.addEventListener("mssmap:view", read);
  document.addEventListener("mssmap:layers", read);
  read();
}
