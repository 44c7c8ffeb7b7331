/*
 * How many there are: the rows of the legend, and the numbers of the list of layers.
 */

/**
 * @import { Doubt, LegendGroup, LegendItem, PublishedEvent } from "../shared/messages.js"
 * @import { View } from "./sheet.js"
 */

import { headOf } from "../shared/symbols.js";

/**
 * A row of the legend counts its symbol, all states of its kind, or one state of several kinds.
 * @param {LegendItem} item
 * @param {string} symbol
 */
export function counts(item, symbol) {
  if (!item.layers || item.symbol === item.layers[0]) return symbol === item.symbol;
  const [head, state] = symbol.split(".");
  return item.layers.includes(head) && (item.layers.length === 1 || state === String(item.symbol).split(".")[1]);
}

/**
 * Symbol -> how many of the view have it.
 * @param {Pick<View, "records" | "zones" | "events" | "zone_layer">} view
 * @param {PublishedEvent[]} events
 */
export function tallied(view, events) {
  const symbols = [
    ...view.records.map(([, symbol]) => symbol),
    ...view.zones.map(([, level]) => view.zone_layer + "." + level),
    ...view.events.map(([row]) => events[row].g),
  ];
  /** @type {Map<string, number>} */
  const each = new Map();
  for (const symbol of symbols) each.set(symbol, (each.get(symbol) || 0) + 1);
  return each;
}

/**
 * The rows of the legend with their counts; those that are not counted stay so.
 * @param {LegendGroup[]} legend
 * @param {Map<string, number>} tally
 * @returns {LegendGroup[]}
 */
export function counted(legend, tally) {
  const sum = (/** @type {LegendItem} */ item) =>
    [...tally].reduce((total, [symbol, n]) => total + (counts(item, symbol) ? n : 0), 0);
  return legend.map((group) => ({
    ...group,
    items: group.items.map((item) => (item.count === null ? item : { ...item, count: sum(item) })),
  }));
}

/**
 * Counts and doubts by the layers of the list: kinds of places by themselves, others by their state.
 * @param {Map<string, number>} tally
 * @param {Record<string, Doubt>} doubts
 * @param {(head: string) => boolean} isSplit  whether the list has the states of a layer
 */
export function byLayer(tally, doubts, isSplit) {
  const layerOf = (/** @type {string} */ symbol) => (isSplit(headOf(symbol)) ? symbol : headOf(symbol));
  /** @type {Record<string, number>} */
  const sums = {};
  /** @type {Record<string, Doubt>} */
  const doubt = {};
  for (const [symbol, n] of tally) sums[layerOf(symbol)] = (sums[layerOf(symbol)] || 0) + n;
  for (const [symbol, reasons] of Object.entries(doubts)) {
    const sum = (doubt[layerOf(symbol)] ||= [0, 0, 0]);
    reasons.forEach((n, which) => {
      sum[which] += n;
    });
  }
  return { tally: sums, doubt };
}

/**
 * Counts of the legend by layer, "services" for rows of several kinds.
 * @param {LegendGroup[]} legend
 */
export function countsOf(legend) {
  const rows = legend.flatMap((group) => group.items).flatMap(({ count, layers, symbol }) => {
    if (!count || !layers) return [];
    return [[layers.length > 1 ? "services" + String(symbol).slice(5) : layers[0], count]];
  });
  return Object.fromEntries(rows);
}

/**
 * Words of the classes of a painted map: up to the first break, between two, beyond the last.
 * @param {number[]} breaks
 * @param {(n: number) => string} format
 */
export function classWords(breaks, format) {
  return [...breaks, NaN].map((limit, i) =>
    i === 0
      ? `≤ ${format(breaks[0])}`
      : i === breaks.length
      ? `> ${format(breaks[i - 1])}`
      : `${format(breaks[i - 1])} – ${format(limit)}`
  );
}
