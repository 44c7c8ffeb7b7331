/*
 * The timeline: histogram with a brush, lanes of events and spells, a day cursor and a player.
 *
 * Time plays in the browser: each step tells the map the day and moves the cursor; Python hears of it when the hand
 * rests. Days are whole numbers since 1 January 1970 (UTC). All words come from data and are set as text.
 */

/** @import { Component, LaneItem, LanesMessage } from "../shared/messages.js" */

import { bus } from "../shared/bus.js";
import { addMonths, dayInWords, isoOf } from "../shared/days.js";
import { $, svg } from "../shared/dom.js";
import { LOWEST, passes } from "../shared/grades.js";
import { Telling } from "../shared/rest.js";
import { PlayerBar } from "./timeline_bar.js";
import { drawArchive, drawCursor, drawGrid, drawHistogram, drawLane, HISTOGRAM, topsOf } from "./timeline_draw.js";
import { pack, Scale, STEPS, zoomed } from "./timeline_scale.js";
import { widget } from "./widget.js";

const NARROW_PX = 560;

/**
 * Follows a pointer that holds a node until it lets go.
 * @param {SVGElement} node
 * @param {PointerEvent} event
 * @param {(event: PointerEvent) => void} move
 * @param {() => void} up
 */
function whileHeld(node, event, move, up) {
  const ended = new AbortController();
  node.setPointerCapture(event.pointerId);
  node.addEventListener("pointermove", move, { signal: ended.signal });
  node.addEventListener("pointerup", () => {
    ended.abort();
    up();
  }, { signal: ended.signal });
}

/** The timeline of one page; kept on its place so that new data from Python do not lose the day, the zoom or the play. */
class Timeline {
  /**
   * @param {HTMLElement} root
   * @param {LanesMessage} data
   * @param {AbortSignal} signal
   */
  constructor(root, data, signal) {
    this.root = root;
    this.data = data;
    this.day = data.day;
    /** @type {[number, number]} */
    this.view = [data.domain[0], data.domain[1]];
    this.scale = new Scale(this.view, 0, 1);
    this.isPlaying = false;
    this.isTelling = false;
    this.telling = new Telling();
    /** @type {(id: string) => void} */
    this.pick = () => {};
    this.bar = $("div", "mm-player");
    this.stage = $("div", "mm-stage");
    this.tip = $("div", "mm-tip");
    this.tip.hidden = true;
    /** @type {PlayerBar | null} */
    this.player = null;
    /** @type {SVGSVGElement | null} */
    this.chart = null;
    this.brush = svg("rect", {});
    this.cursor = svg("g", {});
    bus.on("bins", () => this.draw(), signal);
    bus.on("grade", () => this.draw(), signal);
    root.append(this.bar, this.stage, this.tip);
    new ResizeObserver(() => this.draw()).observe(root);
  }

  /** @param {Component<LanesMessage>} component */
  update(component) {
    const { data } = component;
    this.telling.serve(component);
    this.pick = (id) => component.setTriggerValue("picked", id);
    this.data = data;
    if (this.telling.isHeard("day")) this.day = data.day;
    if (!data.compact) this.drawBar();
    this.draw();
  }

  /**
   * Another dial moved the day.
   * @param {{ day: number, start: number, end: number }} told
   */
  follow({ day, end, start }) {
    if (this.isTelling) return;
    this.day = day;
    /** @type {[number, number]} */
    const window = [start, end];
    this.data = { ...this.data, window };
    if (!this.chart) return;
    this.moveBrush(start, end);
    this.moveCursor();
  }

  // ------------------------------------------------------------------------------------------------------- player

  words() {
    return dayInWords(this.day, this.data.words.months);
  }

  drawBar() {
    if (!this.player) {
      this.player = new PlayerBar({
        step: (n) => this.step(n),
        toggle: () => this.toggle(),
        zoom: (factor) => this.zoom(factor),
      });
      this.bar.append(...this.player.nodes());
    }
    this.player.tell(this.data.words, this.isPlaying, this.words());
  }

  toggle() {
    this.isPlaying = !this.isPlaying;
    this.drawBar();
    if (!this.isPlaying) {
      this.tellSoon();
      return;
    }
    this.telling.rest.stop();
    if (this.day >= this.lastDay()) this.day = this.firstDay();
    this.play(performance.now());
  }

  /** @param {number} before  when the last step was */
  play(before) {
    requestAnimationFrame((now) => {
      if (!this.isPlaying || !this.root.isConnected || !this.player) return;
      if (now - before < 1000 / this.player.speed) {
        this.play(before);
        return;
      }
      const next = Math.min(STEPS[this.player.unit](this.day, 1), this.lastDay());
      this.go(next);
      if (next >= this.lastDay()) this.toggle();
      else this.play(now);
    });
  }

  firstDay() {
    return (this.data.window ?? this.data.domain)[0];
  }

  lastDay() {
    return (this.data.window ?? this.data.domain)[1];
  }

  /** @param {number} n */
  step(n) {
    this.go(STEPS[this.player?.unit ?? "day"](this.day, n));
    this.tellSoon();
  }

  /**
   * Show a day: the map at once, the cursor and the clock; Python only when the hand rests.
   * @param {number} day
   */
  go(day) {
    const { domain: [low, high], fixed, mode, trail } = this.data;
    this.day = Math.max(low, Math.min(high, day));
    this.telling.moved("day");
    const end = fixed?.[1] ?? this.day;
    const start = mode === "cumulative" ? this.firstDay() : fixed?.[0] ?? end - trail;
    this.isTelling = true; // what the hand holds is not drawn anew under it
    bus.tell("day", { day: this.day, start, end, title: this.words() });
    this.isTelling = false;
    if (this.player) this.player.clock.textContent = this.words();
    this.moveCursor();
  }

  tellSoon() {
    this.telling.soon("day", isoOf(this.day));
  }

  /** @param {number} factor */
  zoom(factor) {
    this.view = zoomed(this.data.domain, this.view, this.day, factor);
    this.draw();
  }

  // ------------------------------------------------------------------------------------------------------ drawing

  items() {
    const least = bus.get("grade") || LOWEST;
    return this.data.items.filter(({ grade }) => passes(grade, least));
  }

  draw() {
    const { compact, lanes, words } = this.data;
    const width = this.root.clientWidth;
    if (!width) return;
    const left = compact ? 24 : width < NARROW_PX ? 92 : 158;
    this.scale = new Scale(this.view, left, width - left - 10);
    const items = this.items();
    const rows = pack(items, lanes.map(({ id }) => id), this.scale);
    const shown = compact ? [] : lanes;
    const { end, tops } = topsOf(shown, rows, HISTOGRAM + (compact ? 12 : 26));
    const height = end + 6;
    const chart = svg("svg", { width, height, role: "group", "aria-label": words.described });
    chart.append(...drawGrid(this.scale, words.months, height));
    const archive = bus.get("bins");
    if (archive) chart.append(drawArchive(this.scale, archive));
    chart.append(...drawHistogram(this.scale, items, this.data));
    this.addBrush(chart);
    shown.forEach((lane, i) => {
      chart.append(...drawLane(this.scale, lane, rows.get(lane.id) ?? [], tops[i], this.acts()));
    });
    this.addCursor(chart, height);
    this.put(chart);
  }

  /**
   * Puts the chart in place of the one before; the cursor keeps the focus.
   * @param {SVGSVGElement} chart
   */
  put(chart) {
    const root = this.root.getRootNode();
    const inner = root instanceof ShadowRoot ? root.activeElement : null;
    const hadFocus = this.stage.contains(document.activeElement) || this.stage.contains(inner);
    this.stage.replaceChildren(chart);
    this.chart = chart;
    this.moveCursor();
    if (hadFocus) this.cursor.focus();
  }

  acts() {
    return {
      hint: (/** @type {LaneItem} */ item, /** @type {PointerEvent} */ event) => this.hint(item, event),
      unhint: () => {
        this.tip.hidden = true;
      },
      pick: (/** @type {LaneItem} */ { id }) => this.pick(id ?? ""),
    };
  }

  // -------------------------------------------------------------------------------------------------------- brush

  /** @param {PointerEvent} event */
  dayUnder({ clientX }) {
    const box = this.chart?.getBoundingClientRect();
    return this.scale.dayAt(this.scale.within(clientX - (box?.left ?? 0)));
  }

  /** @param {SVGSVGElement} chart */
  addBrush(chart) {
    const { left, wide } = this.scale;
    this.brush = svg("rect", { y: 0, width: 0, height: HISTOGRAM, class: "brush" });
    if (this.data.window) this.moveBrush(...this.data.window);
    const pad = svg("rect", { x: left, y: 0, width: wide, height: HISTOGRAM + 18, class: "pad" });
    pad.addEventListener("pointerdown", (event) => this.drawWindow(pad, event));
    chart.append(this.brush, pad);
  }

  /**
   * A hand draws a window; a mere click ends the one there is.
   * @param {SVGElement} pad
   * @param {PointerEvent} event
   */
  drawWindow(pad, event) {
    const from = this.dayUnder(event);
    let to = from;
    const ends = () => [Math.min(from, to), Math.max(from, to)];
    whileHeld(pad, event, (moved) => {
      to = this.dayUnder(moved);
      const [first, last] = ends();
      this.moveBrush(first, last);
    }, () => this.telling.now("window", Math.abs(to - from) < 2 ? null : ends().map(isoOf)));
  }

  /**
   * @param {number} first
   * @param {number} last
   */
  moveBrush(first, last) {
    const { left, right } = this.scale;
    const a = Math.max(left, this.scale.x(first));
    const b = Math.min(right, this.scale.x(last));
    this.brush.setAttribute("x", String(a));
    this.brush.setAttribute("width", String(Math.max(0, b - a)));
  }

  // ------------------------------------------------------------------------------------------------------- cursor

  /**
   * @param {SVGSVGElement} chart
   * @param {number} height
   */
  addCursor(chart, height) {
    this.cursor = drawCursor(this.data, height);
    this.cursor.addEventListener("pointerdown", (event) => this.drag(event));
    this.cursor.addEventListener("keydown", (event) => this.key(event));
    chart.append(this.cursor);
  }

  moveCursor() {
    const { cursor, day, view: [first, last] } = this;
    cursor.setAttribute("transform", `translate(${this.scale.x(day)},0)`);
    cursor.style.display = day >= first && day <= last ? "" : "none";
    cursor.setAttribute("aria-valuenow", String(day));
    cursor.setAttribute("aria-valuetext", this.words());
  }

  /** @param {PointerEvent} event */
  drag(event) {
    event.preventDefault();
    whileHeld(this.cursor, event, (moved) => this.go(this.dayUnder(moved)), () => this.tellSoon());
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    /** @type {Record<string, () => number>} */
    const moves = {
      ArrowRight: () => this.day + 1,
      ArrowLeft: () => this.day - 1,
      PageUp: () => addMonths(this.day, 1),
      PageDown: () => addMonths(this.day, -1),
      Home: () => this.firstDay(),
      End: () => this.lastDay(),
    };
    const move = moves[event.key];
    if (!move) return;
    event.preventDefault();
    this.go(move());
    this.tellSoon();
  }

  /**
   * @param {LaneItem} item
   * @param {PointerEvent} event
   */
  hint({ grade, line, title }, { clientX, clientY }) {
    const box = this.root.getBoundingClientRect();
    const words = `${this.data.words.grade} ${grade}`;
    this.tip.replaceChildren($("b", "", title), $("div", "", line), $("div", "", words));
    this.tip.hidden = false;
    const x = Math.min(clientX - box.left + 10, box.width - this.tip.offsetWidth - 4);
    this.tip.style.left = `${Math.max(0, x)}px`;
    this.tip.style.top = `${clientY - box.top + 14}px`;
  }
}

/** @param {Component<LanesMessage>} component */
export function lanes(component) {
  const { data, signal } = component;
  widget(component, "mm-lanes", (root) => new Timeline(root, data, signal)).update(component);
}

/**
 * The small strip under the map: only the histogram, its brush and the day; its events are those the map has.
 * @param {Component<LanesMessage>} component
 */
export function strip(component) {
  const { signal } = component;
  const own = widget(component, "mm-lanes", (root) => {
    const made = { timeline: new Timeline(root, component.data, signal), component, draw: () => drawStrip(made) };
    bus.on("body", () => made.draw(), signal);
    bus.on("day", (day) => made.timeline.follow(day), signal);
    return made;
  });
  own.component = component;
  own.draw();
}

/** @param {{ timeline: Timeline, component: Component<LanesMessage> }} strip */
function drawStrip({ component, timeline }) {
  const known = bus.get("body")?.history;
  const items = (known?.events ?? []).map(({ from, g, grade, to }) => ({ kind: "event", lane: g, from, to, grade }));
  timeline.update({ ...component, data: { ...component.data, items, compact: true } });
}
