/*
 * The drawing of the timeline: its grid, the histogram, the lanes.
 */

/**
 * @import { ArchiveBins, Lane, LaneItem, LanesMessage } from "../shared/messages.js"
 * @import { Scale } from "./timeline_scale.js"
 */

import { addMonths } from "../shared/days.js";
import { svg } from "../shared/dom.js";
import { archiveByMonth, byMonth, sumOf } from "./timeline_scale.js";

export const HISTOGRAM = 54;
const ROW = 9;
const TALLEST = HISTOGRAM - 4;
const ARROW = 5;

/**
 * @typedef {object} Acts
 * @property {(item: LaneItem, event: PointerEvent) => void} hint
 * @property {() => void} unhint
 * @property {(item: LaneItem) => void} pick
 */

/**
 * Lines and words of the months.
 * @param {Scale} scale
 * @param {string[]} months
 * @param {number} height
 */
export function drawGrid(scale, months, height) {
  return scale.ticks(months).flatMap(([day, label]) => {
    const x = scale.x(day);
    return [
      svg("line", { x1: x, x2: x, y1: 0, y2: height, class: "grid" }),
      svg("text", { x: x + 3, y: HISTOGRAM + 14, class: "tick" }, label),
    ];
  });
}

/**
 * Events a month of the archive on the map: grey behind our own, with a scale of its own at the right.
 * @param {Scale} scale
 * @param {ArchiveBins} archive
 */
export function drawArchive(scale, { bins, title }) {
  const months = archiveByMonth(bins);
  const most = Math.max(1, ...months.values());
  const group = svg("g", { class: "archive", "data-total": sumOf(months.values()) });
  for (const [day, n] of months) {
    const span = scale.span(day, addMonths(day, 1));
    const height = (n / most) * TALLEST;
    if (span) group.append(svg("rect", { ...span, y: HISTOGRAM - height, height }));
  }
  group.append(svg("text", { x: scale.right, y: 10, class: "tick end" }, `${title}: ${most.toLocaleString()}`));
  return group;
}

/**
 * Events a month, by lane one over the other.
 * @param {Scale} scale
 * @param {LaneItem[]} items
 * @param {LanesMessage} data
 */
export function drawHistogram(scale, items, { compact, lanes, words }) {
  const months = byMonth(items);
  const most = Math.max(1, ...[...months.values()].map((bin) => sumOf(bin.values())));
  const { left, right } = scale;
  return [
    ...(compact ? [] : [svg("text", { x: 0, y: 12, class: "lane" }, words.per_month)]),
    svg("text", { x: left - 6, y: 10, class: "tick end" }, most),
    ...[...months].flatMap(([day, bin]) => drawMonth(scale, day, bin, lanes, most)),
    svg("line", { x1: left, x2: right, y1: HISTOGRAM, y2: HISTOGRAM, class: "axis" }),
  ];
}

/**
 * @param {Scale} scale
 * @param {number} day  first of the month
 * @param {Map<string, number>} bin
 * @param {Lane[]} lanes
 * @param {number} most
 */
function drawMonth(scale, day, bin, lanes, most) {
  const span = scale.span(day, addMonths(day, 1), 1);
  let y = HISTOGRAM;
  return lanes.flatMap(({ color, id }) => {
    const n = bin.get(id);
    if (!n || !span) return [];
    const height = (n / most) * TALLEST;
    y -= height;
    return [svg("rect", { ...span, y, height, fill: color })];
  });
}

/**
 * Where the lanes begin, and where the last one ends.
 * @param {Lane[]} lanes
 * @param {Map<string, LaneItem[][]>} rows
 * @param {number} top
 */
export function topsOf(lanes, rows, top) {
  let y = top;
  const tops = lanes.map(({ id }) => {
    const own = y;
    y += Math.max(2, rows.get(id)?.length ?? 0) * ROW + 8;
    return own;
  });
  return { tops, end: y };
}

/**
 * A lane: its rule, its name, its marks.
 * @param {Scale} scale
 * @param {Lane} lane
 * @param {LaneItem[][]} rows
 * @param {number} top
 * @param {Acts} acts
 */
export function drawLane(scale, lane, rows, top, acts) {
  const y = top - 4;
  return [
    svg("line", { x1: 0, x2: scale.right + 10, y1: y, y2: y, class: "rule" }),
    svg("text", { x: 0, y: top + 11, class: "lane" }, lane.label),
    ...rows.flatMap((row, r) => row.map((item) => drawMark(scale, item, lane, top + r * ROW, acts))),
  ];
}

/**
 * Day precision is a tick, an interval or a month a bar, an open end an arrow, a plan hollow.
 * @param {Scale} scale
 * @param {LaneItem} item
 * @param {Lane} lane
 * @param {number} y
 * @param {Acts} acts
 */
function drawMark(scale, item, { color }, y, acts) {
  const { doubtful, from, id, kind, planned, precision, to } = item;
  const a = Math.max(scale.x(from), scale.left);
  const b = Math.min(to === null ? scale.right : scale.x(to + 1), scale.right);
  const looks = [planned && "planned", doubtful && "doubtful", precision !== "day" && "rough", kind];
  const group = svg("g", { class: ["mark", ...looks].filter(Boolean).join(" "), "data-id": id ?? "" });
  const tall = ROW - 2;
  const paint = { fill: color, stroke: color };
  if (to === null) {
    const tip = b - ARROW;
    group.append(svg("path", { d: `M${a} ${y}H${tip}L${b} ${y + tall / 2}L${tip} ${y + tall}H${a}Z`, ...paint }));
  } else {
    const width = Math.max(4, b - a);
    const rx = precision === "day" && width < 6 ? 0 : 2;
    group.append(svg("rect", { x: a, y, width, height: tall, rx, ...paint }));
  }
  group.addEventListener("pointerenter", (event) => acts.hint(item, event));
  group.addEventListener("pointerleave", acts.unhint);
  group.addEventListener("click", () => acts.pick(item));
  return group;
}

/**
 * The line of the day, which can be held.
 * @param {LanesMessage} data
 * @param {number} height
 */
export function drawCursor({ domain: [first, last], words }, height) {
  const cursor = svg("g", {
    ...{ class: "cursor", tabindex: 0, role: "slider", "aria-label": words.cursor },
    ...{ "aria-valuemin": first, "aria-valuemax": last },
  });
  cursor.append(
    svg("rect", { x: -7, y: 0, width: 14, height, class: "grip" }),
    svg("line", { x1: 0, x2: 0, y1: 0, y2: height }),
    svg("path", { d: "M-6 0H6L0 9Z" }),
  );
  return cursor;
}
