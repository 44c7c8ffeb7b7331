/*
 * The symbols of records and events: stacks with a count, on leader lines where they step aside.
 */

/** @import { Mark, Sheet, Spot, Stack } from "./sheet.js" */

import { $, svg } from "../shared/dom.js";
import { isWeak } from "../shared/grades.js";
import { note } from "../shared/probe.js";
import { spread, stacked, topOf } from "./placing.js";
import { hideHint, openStack, showHint } from "./popups.js";

/**
 * Records and events of this view that have a place on the map and whose layer is switched on.
 * @param {Sheet} sheet
 * @returns {Mark[]}
 */
export function visibleMarks(sheet) {
  const { shapes: { records: known }, view } = sheet;
  const records = view.records.flatMap(([id, symbol, dim, line, grade]) => {
    const record = known.points[id];
    if (!record?.at || !sheet.isOn(symbol)) return [];
    const name = sheet.nameOf(record);
    return [{ id, symbol, dim, line, grade, name, at: record.at, precision: record.p, kind: sheet.kindOf(symbol) }];
  });
  const events = view.events.flatMap(([row, line, dim, grade]) => {
    const event = known.events[row];
    if (!event?.at || !sheet.isOn(event.g)) return [];
    const name = sheet.nameOf(event);
    return [{
      id: event.id,
      symbol: event.g,
      dim,
      line,
      grade,
      name,
      at: event.at,
      precision: event.p,
      kind: "events",
    }];
  });
  const extra = view.extra.filter((point) => sheet.isOn(point.symbol));
  return [...records, ...events, ...extra.map((point) => ({ ...point, kind: sheet.kindOf(point.symbol) }))];
}

/** @typedef {{ node: HTMLElement, stack: Stack }} Drawn */

/** @type {Map<string, Drawn>} */
let symbolNodes = new Map();

/**
 * Records closer than a symbol's width become one stack with a count; stacks that collide step aside on a leader line.
 * @param {Sheet} sheet
 */
export function placeSymbols(sheet) {
  const { manifest: { sizes }, map, palette, panes } = sheet;
  const marks = visibleMarks(sheet);
  note({ shown: marks.length });
  const order = Object.keys(sizes);
  const placed = marks.map((mark) => ({ mark, xy: map.latLngToLayerPoint(mark.at) }));
  // by id within a kind, as the still map does (maps/placing.py): who counted the records makes no difference
  placed.sort(({ mark: a }, { mark: b }) =>
    order.indexOf(a.kind) - order.indexOf(b.kind) || (a.id < b.id ? -1 : Number(a.id > b.id))
  );
  sheet.stacks = stacked(placed, sizes);
  spread(sheet.stacks, sizes);
  const leaders = svg("svg", {
    style: "position:absolute;left:0;top:0;width:1px;height:1px;overflow:visible;pointer-events:none",
  });
  const before = symbolNodes;
  symbolNodes = new Map();
  const nodes = sheet.stacks.map((stack) => {
    if (stack.place !== stack.xy) leaders.append(leader(stack.xy, stack.place, palette.border));
    return drawStack(sheet, stack, before);
  });
  keepOnly(panes["mm-symbols"].node, [leaders, ...nodes, ...zoneChanges(sheet)]);
}

/**
 * The node of a stack: the one that is there already, if it looks the same.
 * @param {Sheet} sheet
 * @param {Stack} stack
 * @param {Map<string, Drawn>} before
 */
function drawStack(sheet, stack, before) {
  const { items, place } = stack;
  const { changed, selected } = sheet.view;
  const top = topOf(stack, selected);
  const change = items.map(({ id }) => changed[id]).find(Boolean);
  const look = [top.id, top.symbol, top.precision, items.length, items.every(({ dim }) => dim), change];
  const key = [...look, items.some(({ id }) => id === selected), place.x, place.y].join();
  const one = before.get(key) || symbolNode(sheet, stack, top, change);
  one.stack = stack;
  symbolNodes.set(key, one);
  return one.node;
}

/**
 * Puts nodes into a pane and takes the others out; those that stay are not touched, and not painted anew.
 * @param {HTMLElement} pane
 * @param {Element[]} nodes
 */
function keepOnly(pane, nodes) {
  const wanted = new Set(nodes);
  for (const node of [...pane.children]) if (!wanted.has(node)) node.remove();
  for (const node of nodes) if (node.parentNode !== pane) pane.append(node);
}

/**
 * @param {Sheet} sheet
 * @param {Stack} stack
 * @param {Mark} top
 * @param {string} [change]
 * @returns {Drawn}
 */
function symbolNode(sheet, stack, top, change) {
  const { items, kind, place } = stack;
  const width = sheet.manifest.sizes[kind];
  const node = $("div", "mm-symbol");
  const corner = `left:${place.x - width / 2}px;top:${place.y - width / 2}px`;
  node.style.cssText = `width:${width}px;height:${width}px;${corner}`;
  node.append(sheet.glyph(top.symbol));
  node.dataset.id = top.id;
  node.dataset.symbol = top.symbol;
  const isAlone = items.length === 1;
  const isRough = ["commune", "department"].includes(top.precision) && kind !== "events";
  node.classList.toggle("dim", items.every(({ dim }) => dim));
  node.classList.toggle("rough", isAlone && isRough);
  node.classList.toggle("weak", isAlone && isWeak(top.grade));
  node.classList.toggle("chosen", items.some(({ id }) => id === sheet.view.selected));
  if (!isAlone) node.append($("span", "mm-count", items.length));
  if (change) node.append(changeMark(sheet, change));
  const drawn = { node, stack };
  node.addEventListener("click", (event) => {
    L.DomEvent.stop(event);
    openStack(sheet, drawn.stack);
  });
  node.addEventListener("mouseenter", () => showHint(sheet, drawn.stack));
  node.addEventListener("mouseleave", hideHint);
  return drawn;
}

/** @type {Record<string, string>} */
const CHANGES = { new: "+", status: "↻", corrected: "≠", withdrawn: "×" };

/**
 * New, changed status, corrected and withdrawn records carry a sign of their own.
 * @param {Sheet} sheet
 * @param {string} kind
 */
export function changeMark(sheet, kind) {
  const mark = $("span", "mm-change " + kind, CHANGES[kind]);
  mark.title = sheet.say("change_" + kind);
  return mark;
}

/**
 * Signs of the zones that changed, in their middle.
 * @param {Sheet} sheet
 */
function zoneChanges(sheet) {
  return [...sheet.zones.values()].flatMap(({ id, place: { at } }) => {
    const change = sheet.view.changed[id];
    if (!change || !at) return [];
    const { x, y } = sheet.map.latLngToLayerPoint(at);
    const node = $("div", "mm-zone-change");
    node.style.left = `${x}px`;
    node.style.top = `${y}px`;
    node.append(changeMark(sheet, change));
    return [node];
  });
}

/**
 * @param {Spot} from
 * @param {Spot} to
 * @param {string} colour
 */
const leader = (from, to, colour) =>
  svg("path", { d: `M${from.x} ${from.y}L${to.x} ${to.y}`, stroke: colour, "stroke-width": "0.9" });
