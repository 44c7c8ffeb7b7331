/*
 * Answers of an archive: how they are packed, what of the rows in hand a view shows, and the classes of counts.
 */

/** Places are whole numbers: millionths of a degree. */
export const DEGREE = 1e6;
/** From this zoom on the events themselves are shown. */
export const STREET = 12;

const NONE = new Int32Array(0);
const EMPTY = {
  ...{ mode: "", inside: 0, rows: 0, shown: 0, cells: 0, groups: /** @type {string[]} */ ([]) },
  ...{ n: NONE, lon: NONE, lat: NONE, ring: NONE, row: NONE, category: NONE, cell: NONE, from: NONE, to: NONE },
};

/**
 * `mode` is "cells" (hexagons with six corners each in `ring`), "clusters", "points" or "many" (too many for points).
 * @typedef {typeof EMPTY & { resolution?: number }} Answer
 */

/** @typedef {Answer & { classes: number[] }} Picture */
/** @typedef {Picture & { key: string }} Held  rows of a small archive */
/** @typedef {{ day: number, start: number, end: number, box: string, zoom: number }} Asked */

/**
 * Reads an answer: JSON head with the lengths of the arrays, then the arrays of 32-bit whole numbers.
 * @param {ArrayBuffer} buffer
 * @returns {Answer}
 */
export function unpack(buffer) {
  const length = new DataView(buffer).getUint32(0, true);
  const head = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length)));
  let at = 4 + length;
  /** @type {Record<string, Int32Array>} */
  const arrays = {};
  for (const [key, count] of /** @type {[string, number][]} */ (Object.entries(head.arrays))) {
    arrays[key] = new Int32Array(buffer, at, count);
    at += 4 * count;
  }
  return { ...EMPTY, ...head, ...arrays };
}

/**
 * Upper ends of the classes of counts, round numbers; the last class is open.
 * @param {{ mode: string, n: Int32Array }} answer
 */
export function classesOf({ mode, n }) {
  if (mode === "points" || !n.length) return [];
  const most = n.reduce((a, b) => Math.max(a, b), 1);
  return [...new Set([1, 2, 3, 4].map((i) => rounded(most ** (i / 5))))];
}

/** @param {number} value */
function rounded(value) {
  const unit = 10 ** Math.max(0, Math.floor(Math.log10(value)));
  return Math.max(1, Math.round(value / unit) * unit);
}

/**
 * Words of the classes: one number, from one to another, above the last.
 * @param {number[]} classes
 * @param {(n: number) => string} number
 */
export function wordsOfClasses(classes, number) {
  if (!classes.length) return [];
  const words = classes.map((limit, i) => {
    const first = i ? classes[i - 1] + 1 : 1;
    return first === limit ? number(limit) : `${number(first)}–${number(limit)}`;
  });
  return [...words, `> ${number(classes[classes.length - 1])}`];
}

/**
 * A count in a few signs.
 * @param {number} n
 */
export function shortNumber(n) {
  if (n < 1e3) return String(n);
  if (n < 1e4) return `${Math.floor(n / 100) / 10}k`;
  if (n < 1e6) return `${Math.floor(n / 1e3)}k`;
  return `${Math.floor(n / 1e5) / 10}M`;
}

/**
 * Rows of a small archive as they came; counts of all time decide the classes, so that colours mean the same while
 * time plays.
 * @param {Answer} found
 * @param {string} key
 * @returns {Held}
 */
export function hold(found, key) {
  const n = new Int32Array(found.cells);
  for (const at of found.cell) n[at] += 1;
  return { ...found, key, classes: classesOf({ mode: found.mode, n }) };
}

/**
 * Sums of a cell: rows, rows in view, longitudes and latitudes.
 * @param {Held} held
 * @param {Asked} asked
 */
function sumsOf(held, { day, start, end, box }) {
  const [west, south, east, north] = box.split(",").map((degrees) => Math.round(Number(degrees) * DEGREE));
  const { cell, cells, from, lat, lon, row, to } = held;
  const [n, here] = [new Int32Array(cells), new Int32Array(cells)];
  const [x, y] = [new Float64Array(cells), new Float64Array(cells)];
  const dots = [];
  for (let i = 0; i < row.length; i += 1) {
    if (from[i] > day || from[i] > end || to[i] < start) continue;
    const at = cell[i];
    n[at] += 1;
    x[at] += lon[i];
    y[at] += lat[i];
    if (lon[i] < west || lon[i] > east || lat[i] < south || lat[i] > north) continue;
    here[at] += 1;
    dots.push(i);
  }
  return { n, here, x, y, dots };
}

/**
 * The picture of a view from the rows in hand, by the rule of the server.
 * @param {Held} held
 * @param {Asked} asked
 * @returns {Picture}
 */
export function pictureOf(held, asked) {
  const { n, here, x, y, dots } = sumsOf(held, asked);
  const common = { ...EMPTY, rows: held.rows, inside: dots.length, resolution: held.resolution };
  if (asked.zoom >= STREET) {
    const pick = (/** @type {Int32Array} */ of) => Int32Array.from(dots, (i) => of[i]);
    const { category, groups, lat, lon, row } = held;
    const picked = { row: pick(row), lon: pick(lon), lat: pick(lat), category: pick(category) };
    return { ...common, ...picked, mode: "points", shown: dots.length, groups, classes: [] };
  }
  const full = [...here.keys()].filter((at) => here[at]);
  const part = (/** @type {(at: number) => number} */ make) => Int32Array.from(full, make);
  return {
    ...common,
    mode: held.mode,
    shown: full.length,
    classes: held.classes,
    n: part((at) => n[at]),
    lon: part((at) => x[at] / n[at]),
    lat: part((at) => y[at] / n[at]),
    ring: Int32Array.from(full.flatMap((at) => [...held.ring.subarray(12 * at, 12 * at + 12)])),
  };
}

/**
 * Web Mercator by hand: thousands of places a frame, without an object for each.
 * @param {number} zoom
 * @param {number} left  pixels of the world at the left edge of the map
 * @param {number} top
 */
export function projection(zoom, left, top) {
  const world = 256 * 2 ** zoom;
  return {
    x: (/** @type {number} */ lon) => (lon / DEGREE / 360 + 0.5) * world - left,
    y: (/** @type {number} */ lat) => {
      const sin = Math.sin((lat / DEGREE) * (Math.PI / 180));
      return (0.5 - Math.log((1 + sin) / (1 - sin)) / (4 * Math.PI)) * world - top;
    },
  };
}
