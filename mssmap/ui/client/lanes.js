/*
 * The timeline: histogram with a brush, lanes of events and spells, a day cursor and a player.
 *
 * Time plays in the browser: each step tells the map ("mssmap:day") and moves the cursor; Python hears of it when the
 * hand rests. Days are whole numbers since 1 January 1970 (UTC). All words come from data and are set as text.
 */

const SVG = "http://www.w3.org/2000/svg";
const DAY = 86400000;
const HISTOGRAM = 54;
const ROW = 9;

const html = (tag, className, text) => {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text !== undefined && text !== null) node.textContent = String(text);
  return node;
};

const svg = (tag, attributes, text) => {
  const node = document.createElementNS(SVG, tag);
  Object.entries(attributes).forEach(([name, value]) => node.setAttribute(name, value));
  if (text !== undefined) node.textContent = text;
  return node;
};

const parts = (day) => {
  const when = new Date(day * DAY);
  return { year: when.getUTCFullYear(), month: when.getUTCMonth(), date: when.getUTCDate() };
};
const dayOf = (year, month, date = 1) => Math.round(Date.UTC(year, month, date) / DAY);
const iso = (day) => new Date(day * DAY).toISOString().slice(0, 10);
const addMonths = (day, n) => {
  const { year, month, date } = parts(day);
  const last = parts(dayOf(year, month + n + 1, 0)).date;
  return dayOf(year, month + n, Math.min(date, last));
};
/** Whether a grade reaches the lowest that is shown; as in clock.js, which lives in the frame of the map. */
const passes = (grade) => {
  const least = window.mssmapGrade || "F6";
  return least === "F6" || (grade[0] <= least[0] && grade[1] <= least[1]);
};
const STEPS = { day: (d, n) => d + n, week: (d, n) => d + 7 * n, month: addMonths };

/** The timeline of one page; kept on its root so that new data from Python do not lose the day, the zoom or the play. */
export function lanes(component) {
  const holder = component.parentElement;
  let root = holder.querySelector(".mm-lanes");
  if (!root) {
    root = html("div", "mm-lanes");
    holder.append(root);
    root.timeline = new Timeline(root, component.signal);
  }
  root.timeline.update(component);
}

/** The small strip under the map: only the histogram, its brush and the day; its events are those the map has. */
export function strip(component) {
  const holder = component.parentElement;
  let root = holder.querySelector(".mm-lanes");
  if (!root) {
    root = html("div", "mm-lanes");
    holder.append(root);
    const { signal } = component;
    root.timeline = new Timeline(root, signal);
    document.addEventListener("mssmap:body", () => strip(root.component), { signal });
    document.addEventListener("mssmap:day", ({ detail }) => root.timeline.follow(detail), { signal });
  }
  root.component = component;
  const known = window.mssmapHistory;
  const items = known ? known.events.map((event) => ({ kind: "event", lane: event.g, from: event.from, to: event.to, grade: event.grade })) : [];
  root.timeline.update({ ...component, data: { ...component.data, items, compact: true, version: `${component.data.version}${items.length}` } });
}

class Timeline {
  constructor(root, signal) {
    this.root = root;
    this.playing = false;
    this.speed = 10;
    this.unit = "day";
    this.bar = html("div", "mm-player");
    ["mssmap:bins", "mssmap:grade"].forEach((name) => document.addEventListener(name, () => this.draw(), { signal }));
    this.stage = html("div", "mm-stage");
    this.tip = html("div", "mm-tip");
    this.tip.hidden = true;
    root.append(this.bar, this.stage, this.tip);
    new ResizeObserver(() => this.draw()).observe(root);
  }

  update({ data, setStateValue, setTriggerValue }) {
    this.tell = (name, value) => setStateValue(name, { value, at: Date.now() });  // as panel.js eachTime
    this.pick = (id) => setTriggerValue("picked", id);
    const first = !this.data;
    const newHistory = first || data.version !== this.data.version;
    this.data = data;
    if (newHistory) {
      this.view = this.view && !first ? this.view : [data.domain[0], data.domain[1]];
    }
    if (!this.playing && (first || data.day !== this.sent)) this.day = data.day;
    this.sent = data.day;
    if (!data.compact) this.drawBar();
    this.draw();
  }

  /** Another dial moved the day. */
  follow({ day, start, end }) {
    if (!this.data || this.telling) return;
    this.day = day;
    this.data = { ...this.data, window: [start, end] };
    if (!this.chart) return;
    this.moveBrush(start, end);
    this.moveCursor();
  }

  words(day) {
    const { year, month, date } = parts(day);
    return `${date} ${this.data.words.months[month]} ${year}`;
  }

  // ------------------------------------------------------------------ player

  drawBar() {
    const w = this.data.words;
    if (!this.buttons) {
      this.buttons = {};
      const button = (name, sign, action) => {
        const node = html("button", "", sign);
        node.type = "button";
        node.addEventListener("click", action);
        this.buttons[name] = node;
        return node;
      };
      const choice = (name, values, action) => {
        const label = html("label");
        const select = html("select");
        values.forEach((value) => { const o = html("option"); o.value = value; select.append(o); });
        select.addEventListener("change", () => action(select.value));
        label.append(html("span"), select);
        this.buttons[name] = label;
        return label;
      };
      this.clock = html("output", "mm-clock");
      this.bar.append(
        button("back", "‹", () => this.step(-1)), button("play", "▶", () => this.toggle()), button("on", "›", () => this.step(1)), this.clock,
        choice("unit", ["day", "week", "month"], (value) => { this.unit = value; }),
        choice("speed", ["2", "5", "10", "30"], (value) => { this.speed = Number(value); }),
        button("in", "+", () => this.zoom(0.6)), button("out", "−", () => this.zoom(1 / 0.6)), button("all", "↔", () => this.zoom(0)),
      );
      this.buttons.speed.querySelector("select").value = "10";
    }
    const name = (key, label) => { this.buttons[key].setAttribute("aria-label", label); this.buttons[key].title = label; };
    name("back", w.back); name("on", w.on); name("in", w.zoom_in); name("out", w.zoom_out); name("all", w.zoom_all);
    name("play", this.playing ? w.pause : w.play);
    this.buttons.play.textContent = this.playing ? "⏸" : "▶";
    [["unit", w.unit, [w.day, w.week, w.month]], ["speed", w.speed, ["2/s", "5/s", "10/s", "30/s"]]].forEach(([key, label, texts]) => {
      this.buttons[key].querySelector("span").textContent = label;
      [...this.buttons[key].querySelectorAll("option")].forEach((option, i) => { option.textContent = texts[i]; });
    });
    this.clock.textContent = this.words(this.day);
  }

  toggle() {
    this.playing = !this.playing;
    this.drawBar();
    if (!this.playing) { this.rest(); return; }
    if (this.day >= this.last()) this.day = this.firstDay();
    let before = performance.now();
    const frame = (now) => {
      if (!this.playing || !this.root.isConnected) return;
      if (now - before >= 1000 / this.speed) {
        before = now;
        const next = Math.min(STEPS[this.unit](this.day, 1), this.last());
        this.go(next);
        if (next >= this.last()) { this.toggle(); return; }
      }
      requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  }

  firstDay() { return this.data.window ? this.data.window[0] : this.data.domain[0]; }
  last() { return this.data.window ? this.data.window[1] : this.data.domain[1]; }

  step(n) {
    this.go(STEPS[this.unit](this.day, n));
    this.rest();
  }

  /** Show a day: the map at once, the cursor and the clock; Python only when the hand rests. */
  go(day) {
    this.day = Math.max(this.data.domain[0], Math.min(this.data.domain[1], day));
    const { mode, trail, fixed } = this.data;
    const end = fixed && fixed[1] !== null ? fixed[1] : this.day;
    const start = mode === "cumulative" ? this.firstDay() : fixed && fixed[0] !== null ? fixed[0] : end - trail;
    this.telling = true; // what the hand holds is not drawn anew under it
    document.dispatchEvent(new CustomEvent("mssmap:day", { detail: { day: this.day, start, end, title: this.words(this.day) } }));
    this.telling = false;
    if (this.clock) this.clock.textContent = this.words(this.day);
    this.moveCursor();
  }

  rest() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => { if (!this.playing) this.tell("day", iso(this.day)); }, 250);
  }

  // ------------------------------------------------------------------ scales

  zoom(factor) {
    const [low, high] = this.data.domain;
    if (!factor) { this.view = [low, high]; this.draw(); return; }
    const centre = this.day >= this.view[0] && this.day <= this.view[1] ? this.day : (this.view[0] + this.view[1]) / 2;
    const half = Math.max(20, ((this.view[1] - this.view[0]) / 2) * factor);
    this.view = [Math.max(low, centre - half), Math.min(high, centre + half)];
    this.draw();
  }

  x(day) { return this.left + ((day - this.view[0]) / (this.view[1] - this.view[0])) * this.wide; }
  dayAt(x) { return Math.round(this.view[0] + ((x - this.left) / this.wide) * (this.view[1] - this.view[0])); }

  ticks() {
    const [low, high] = this.view;
    const months = (high - low) / 30.44;
    const every = [1, 2, 3, 6, 12, 24].find((n) => (months / n) * 58 < this.wide) || 24;
    const out = [];
    const { year, month } = parts(low);
    for (let i = month - (month % every); ; i += every) {
      const day = dayOf(year, i);
      if (day > high) break;
      const at = parts(day);
      if (day >= low) out.push([day, every >= 12 ? String(at.year) : `${this.data.words.months[at.month]} ${String(at.year).slice(2)}`]);
    }
    return out;
  }

  // ------------------------------------------------------------------ drawing

  draw() {
    if (!this.data) return;
    const width = this.root.clientWidth;
    if (!width) return;
    this.left = this.data.compact ? 24 : width < 560 ? 92 : 158;
    this.wide = width - this.left - 10;
    const rows = this.pack();
    const lanes = this.data.compact ? [] : this.data.lanes;
    let y = HISTOGRAM + (this.data.compact ? 12 : 26);
    const tops = lanes.map((lane) => {
      const top = y;
      y += Math.max(2, rows.get(lane.id).length) * ROW + 8;
      return top;
    });
    this.height = y + 6;
    const chart = svg("svg", { width, height: this.height, role: "group", "aria-label": this.data.words.described });
    this.ticks().forEach(([day, label]) => {
      const at = this.x(day);
      chart.append(svg("line", { x1: at, x2: at, y1: 0, y2: this.height, class: "grid" }), svg("text", { x: at + 3, y: HISTOGRAM + 14, class: "tick" }, label));
    });
    this.drawArchive(chart);
    this.drawHistogram(chart);
    lanes.forEach((lane, i) => {
      chart.append(svg("line", { x1: 0, x2: width, y1: tops[i] - 4, y2: tops[i] - 4, class: "rule" }));
      chart.append(svg("text", { x: 0, y: tops[i] + 11, class: "lane" }, lane.label));
      rows.get(lane.id).forEach((row, r) => row.forEach((item) => chart.append(this.mark(item, lane, tops[i] + r * ROW))));
    });
    this.cursor = svg("g", { class: "cursor", tabindex: 0, role: "slider", "aria-label": this.data.words.cursor, "aria-valuemin": this.data.domain[0], "aria-valuemax": this.data.domain[1] });
    this.cursor.append(svg("rect", { x: -7, y: 0, width: 14, height: this.height, class: "grip" }), svg("line", { x1: 0, x2: 0, y1: 0, y2: this.height }), svg("path", { d: "M-6 0H6L0 9Z" }));
    this.cursor.addEventListener("pointerdown", (event) => this.drag(event));
    this.cursor.addEventListener("keydown", (event) => this.key(event));
    chart.append(this.cursor);
    const had = this.stage.contains(document.activeElement) || (this.root.getRootNode().activeElement && this.stage.contains(this.root.getRootNode().activeElement));
    this.stage.replaceChildren(chart);
    this.chart = chart;
    this.moveCursor();
    if (had) this.cursor.focus();
  }

  items() { return this.data.items.filter((item) => passes(item.grade)); }

  /** Items of a lane in as few rows as do not overlap; short marks may stand close. */
  pack() {
    const rows = new Map(this.data.lanes.map((lane) => [lane.id, []]));
    const reach = 7 * ((this.view[1] - this.view[0]) / this.wide);
    this.items().sort((a, b) => a.from - b.from).forEach((item) => {
      const lane = rows.get(item.lane);
      const end = item.to === null ? this.view[1] : item.to;
      if (!lane || item.from > this.view[1] || end < this.view[0]) return;
      const free = lane.find((row) => row.until < item.from);
      const until = Math.max(end, item.from + reach);
      if (free) { free.push(item); free.until = until; return; }
      if (lane.length < 7) { const row = [item]; row.until = until; lane.push(row); return; }
      lane[lane.length - 1].push(item);
    });
    return rows;
  }

  /** Day precision is a tick, an interval or a month a bar, an open end an arrow, a plan hollow. */
  mark(item, lane, y) {
    const a = Math.max(this.x(item.from), this.left);
    const open = item.to === null;
    const b = Math.min(open ? this.left + this.wide : this.x(item.to + 1), this.left + this.wide);
    const width = Math.max(4, b - a);
    const group = svg("g", { class: `mark ${item.planned ? "planned" : ""} ${item.doubtful ? "doubtful" : ""} ${item.precision === "day" ? "" : "rough"} ${item.kind}`, "data-id": item.id });
    const tall = ROW - 2;
    if (open) group.append(svg("path", { d: `M${a} ${y}H${b - 5}L${b} ${y + tall / 2}L${b - 5} ${y + tall}H${a}Z`, fill: lane.color, stroke: lane.color }));
    else group.append(svg("rect", { x: a, y, width, height: tall, rx: item.precision === "day" && width < 6 ? 0 : 2, fill: lane.color, stroke: lane.color }));
    group.addEventListener("pointerenter", (event) => this.hint(item, event));
    group.addEventListener("pointerleave", () => { this.tip.hidden = true; });
    group.addEventListener("click", () => this.pick(item.id));
    return group;
  }

  drawHistogram(chart) {
    const color = new Map(this.data.lanes.map((lane) => [lane.id, lane.color]));
    const bins = new Map();
    this.items().filter((item) => item.kind === "event" && !item.planned && item.lane !== "events.planned").forEach((item) => {
      const { year, month } = parts(item.from);
      const key = year * 12 + month;
      if (!bins.has(key)) bins.set(key, new Map());
      bins.get(key).set(item.lane, (bins.get(key).get(item.lane) || 0) + 1);
    });
    const most = Math.max(1, ...[...bins.values()].map((bin) => [...bin.values()].reduce((a, b) => a + b, 0)));
    if (!this.data.compact) chart.append(svg("text", { x: 0, y: 12, class: "lane" }, this.data.words.per_month));
    chart.append(svg("text", { x: this.left - 6, y: 10, class: "tick end" }, most));
    bins.forEach((bin, key) => {
      const from = dayOf(Math.floor(key / 12), key % 12);
      const to = dayOf(Math.floor(key / 12), (key % 12) + 1);
      const a = Math.max(this.x(from), this.left), b = Math.min(this.x(to) - 1, this.left + this.wide);
      if (b <= a) return;
      let y = HISTOGRAM;
      this.data.lanes.forEach((lane) => {
        const n = bin.get(lane.id) || 0;
        if (!n) return;
        const h = (n / most) * (HISTOGRAM - 4);
        y -= h;
        chart.append(svg("rect", { x: a, y, width: b - a, height: h, fill: color.get(lane.id) }));
      });
    });
    chart.append(svg("line", { x1: this.left, x2: this.left + this.wide, y1: HISTOGRAM, y2: HISTOGRAM, class: "axis" }));
    this.brush = svg("rect", { y: 0, width: 0, height: HISTOGRAM, class: "brush" });
    if (this.data.window) this.moveBrush(...this.data.window);
    const pad = svg("rect", { x: this.left, y: 0, width: this.wide, height: HISTOGRAM + 18, class: "pad" });
    pad.addEventListener("pointerdown", (event) => {
      pad.setPointerCapture(event.pointerId);
      const box = this.chart.getBoundingClientRect();
      const at = (e) => this.dayAt(Math.max(this.left, Math.min(this.left + this.wide, e.clientX - box.left)));
      const from = at(event);
      let to = from;
      const move = (e) => { to = at(e); this.moveBrush(Math.min(from, to), Math.max(from, to)); };
      const up = () => {
        pad.removeEventListener("pointermove", move);
        pad.removeEventListener("pointerup", up);
        this.tell("window", Math.abs(to - from) < 2 ? null : [iso(Math.min(from, to)), iso(Math.max(from, to))]);
      };
      pad.addEventListener("pointermove", move);
      pad.addEventListener("pointerup", up);
    });
    chart.append(this.brush, pad);
  }

  moveBrush(first, last) {
    const a = Math.max(this.left, this.x(first)), b = Math.min(this.left + this.wide, this.x(last));
    this.brush.setAttribute("x", a);
    this.brush.setAttribute("width", Math.max(0, b - a));
  }

  /** Events a month of the archive on the map: grey behind our own, with a scale of its own at the right. */
  drawArchive(chart) {
    const archive = window.mssmapArchiveBins;
    if (!archive) return;
    const months = new Map();
    archive.bins.forEach(([day, , n]) => months.set(day, (months.get(day) || 0) + n));
    const most = Math.max(1, ...months.values());
    const group = svg("g", { class: "archive", "data-total": [...months.values()].reduce((a, b) => a + b, 0) });
    months.forEach((n, day) => {
      const a = Math.max(this.x(day), this.left), b = Math.min(this.x(addMonths(day, 1)), this.left + this.wide);
      if (b <= a) return;
      const h = (n / most) * (HISTOGRAM - 4);
      group.append(svg("rect", { x: a, y: HISTOGRAM - h, width: b - a, height: h }));
    });
    group.append(svg("text", { x: this.left + this.wide, y: 10, class: "tick end" }, `${archive.title}: ${most.toLocaleString()}`));
    chart.append(group);
  }

  moveCursor() {
    if (!this.cursor) return;
    const inside = this.day >= this.view[0] && this.day <= this.view[1];
    this.cursor.setAttribute("transform", `translate(${this.x(this.day)},0)`);
    this.cursor.style.display = inside ? "" : "none";
    this.cursor.setAttribute("aria-valuenow", this.day);
    this.cursor.setAttribute("aria-valuetext", this.words(this.day));
  }

  drag(event) {
    event.preventDefault();
    this.cursor.setPointerCapture(event.pointerId);
    const box = this.chart.getBoundingClientRect();
    const move = (e) => this.go(this.dayAt(Math.max(this.left, Math.min(this.left + this.wide, e.clientX - box.left))));
    const up = () => { this.cursor.removeEventListener("pointermove", move); this.cursor.removeEventListener("pointerup", up); this.rest(); };
    this.cursor.addEventListener("pointermove", move);
    this.cursor.addEventListener("pointerup", up);
  }

  key(event) {
    const moves = { ArrowRight: () => this.day + 1, ArrowLeft: () => this.day - 1, PageUp: () => addMonths(this.day, 1), PageDown: () => addMonths(this.day, -1), Home: () => this.firstDay(), End: () => this.last() };
    if (!moves[event.key]) return;
    event.preventDefault();
    this.go(moves[event.key]());
    this.rest();
  }

  hint(item, event) {
    const box = this.root.getBoundingClientRect();
    this.tip.replaceChildren(html("b", "", item.title), html("div", "", item.line), html("div", "", `${this.data.words.grade} ${item.grade}`));
    this.tip.hidden = false;
    const x = Math.min(event.clientX - box.left + 10, box.width - this.tip.offsetWidth - 4);
    this.tip.style.left = `${Math.max(0, x)}px`;
    this.tip.style.top = `${event.clientY - box.top + 14}px`;
  }
}
