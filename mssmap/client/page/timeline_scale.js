/*
 * The scale of time, and where on it events and spells lie.
 */

/** @import { LaneItem } from "../shared/messages.js" */

import { addMonths, dateOf, dayOf } from "../shared/days.js";

const MONTH_PX = 58;
const MONTH_DAYS = 30.44;
const CLOSE_PX = 7;
const MOST_ROWS = 7;
/** Days that are in view at least on either side of the middle. */
const NEAREST = 20;

/** @typedef {"day" | "week" | "month"} Unit */

/**
 * Steps of the player.
 * @type {Record<Unit, (day: number, n: number) => number>}
 */
export const STEPS = {
  day: (day, n) => day + n,
  week: (day, n) => day + 7 * n,
  month: addMonths,
};

/** Days and pixels of what is in view. */
export class Scale {
  /**
   * @param {[number, number]} view  first and last day
   * @param {number} left
   * @param {number} wide
   */
  constructor(view, left, wide) {
    this.first = view[0];
    this.last = view[1];
    this.left = left;
    this.wide = wide;
    this.right = left + wide;
  }

  /** @param {number} day */
  x(day) {
    return this.left + ((day - this.first) / (this.last - this.first)) * this.wide;
  }

  /** @param {number} x */
  dayAt(x) {
    return Math.round(this.first + ((x - this.left) / this.wide) * (this.last - this.first));
  }

  /** @param {number} x */
  within(x) {
    return Math.max(this.left, Math.min(this.right, x));
  }

  /**
   * The part of a span that is in view; nothing if it has no width.
   * @param {number} from
   * @param {number} to
   * @param {number} gap  pixels left free at its end
   */
  span(from, to, gap = 0) {
    const x = Math.max(this.x(from), this.left);
    const end = Math.min(this.x(to) - gap, this.right);
    return end > x ? { x, width: end - x } : null;
  }

  /**
   * Days with a mark, and what is written there.
   * @param {string[]} months
   * @returns {[number, string][]}
   */
  ticks(months) {
    const inView = (this.last - this.first) / MONTH_DAYS;
    const every = [1, 2, 3, 6, 12, 24].find((n) => (inView / n) * MONTH_PX < this.wide) || 24;
    const { year, month } = dateOf(this.first);
    /** @type {[number, string][]} */
    const out = [];
    for (let i = month - (month % every);; i += every) {
      const day = dayOf(year, i);
      if (day > this.last) return out;
      const at = dateOf(day);
      const words = every >= 12 ? String(at.year) : `${months[at.month]} ${String(at.year).slice(2)}`;
      if (day >= this.first) out.push([day, words]);
    }
  }
}

/**
 * What is in view after a step of zooming around a day; all of it without a factor.
 * @param {[number, number]} domain
 * @param {[number, number]} view
 * @param {number} day
 * @param {number} factor
 * @returns {[number, number]}
 */
export function zoomed([low, high], [first, last], day, factor) {
  if (!factor) return [low, high];
  const centre = day >= first && day <= last ? day : (first + last) / 2;
  const half = Math.max(NEAREST, ((last - first) / 2) * factor);
  return [Math.max(low, centre - half), Math.min(high, centre + half)];
}

/**
 * Items of each lane in as few rows as do not overlap; short marks may stand close.
 * @param {LaneItem[]} items
 * @param {string[]} lanes
 * @param {Scale} scale
 * @returns {Map<string, LaneItem[][]>}
 */
export function pack(items, lanes, scale) {
  const { first, last, wide } = scale;
  const reach = CLOSE_PX * ((last - first) / wide);
  /** @type {Map<string, { items: LaneItem[], until: number }[]>} */
  const rows = new Map(lanes.map((lane) => [lane, []]));
  for (const item of [...items].sort((a, b) => a.from - b.from)) {
    const lane = rows.get(item.lane);
    const end = item.to ?? last;
    if (!lane || item.from > last || end < first) continue;
    const until = Math.max(end, item.from + reach);
    const free = lane.find((row) => row.until < item.from);
    if (free) {
      free.items.push(item);
      free.until = until;
    } else if (lane.length < MOST_ROWS) lane.push({ items: [item], until });
    else lane[lane.length - 1].items.push(item);
  }
  return new Map([...rows].map(([lane, found]) => [lane, found.map((row) => row.items)]));
}

/**
 * Events a month that happened: first day of the month -> lane -> how many.
 * @param {LaneItem[]} items
 */
export function byMonth(items) {
  /** @type {Map<number, Map<string, number>>} */
  const months = new Map();
  for (const { from, kind, lane, planned } of items) {
    if (kind !== "event" || planned || lane === "events.planned") continue;
    const { year, month } = dateOf(from);
    const first = dayOf(year, month);
    const lanes = months.get(first) ?? new Map();
    months.set(first, lanes.set(lane, (lanes.get(lane) || 0) + 1));
  }
  return months;
}

/** @param {Iterable<number>} numbers */
export const sumOf = (numbers) => [...numbers].reduce((a, b) => a + b, 0);

/**
 * Counts of an archive a month.
 * @param {[number, string, number][]} bins
 */
export function archiveByMonth(bins) {
  /** @type {Map<number, number>} */
  const months = new Map();
  for (const [day, , n] of bins) months.set(day, (months.get(day) || 0) + n);
  return months;
}
