/*
 * Outlines of areas: coarse ones for the whole country, and close ones that are read when the map is near enough.
 *
 * A line that areas share comes once; `mssmap.maps.borders` says how.
 */

/** @import { AreasFile, Collection, Feature, Outlined, Region, Section } from "../shared/messages.js" */
/** @import { Sheet } from "./sheet.js" */

import { readLater } from "./later.js";

/** Zoom from which on the close outlines are drawn. */
export const CLOSE_FROM = 10;

const STEPS_A_DEGREE = 10_000;

/** @typedef {[number, number][]} Line  longitude and latitude in degrees */

/**
 * The outlines of one closeness.
 * @typedef {object} Outlines
 * @property {Collection<unknown>} land
 * @property {Collection<unknown>} neighbours
 * @property {Collection<Region>} departments
 * @property {Collection<Region>} [communes]
 * @property {Collection<Section>} [sections]
 * @property {Collection<Region | Section>} [units]  communes and sections that zones name
 */

/**
 * Lines in degrees from the way from each point to the next.
 * @param {number[][]} arcs
 * @returns {Line[]}
 */
export function linesOf(arcs) {
  return arcs.map((steps) => {
    let [x, y] = [0, 0];
    /** @type {Line} */
    const line = [];
    for (let i = 0; i < steps.length; i += 2) {
      x += steps[i];
      y += steps[i + 1];
      line.push([x / STEPS_A_DEGREE, y / STEPS_A_DEGREE]);
    }
    return line;
  });
}

/**
 * A ring put together from its lines; `~n` is line n backwards.
 * @param {number[]} numbers
 * @param {Line[]} lines
 * @returns {Line}
 */
function ringOf(numbers, lines) {
  return numbers.flatMap((number, i) => {
    const line = number < 0 ? lines[~number].toReversed() : lines[number];
    return i ? line.slice(1) : line;
  });
}

/**
 * @template P
 * @param {Outlined<P>[]} areas
 * @param {Line[]} lines
 * @returns {Collection<P>}
 */
export function collectionOf(areas, lines) {
  return {
    type: "FeatureCollection",
    features: areas.map(({ p, a }) => {
      const coordinates = a.map((rings) => rings.map((numbers) => ringOf(numbers, lines)));
      return { type: "Feature", properties: p, geometry: { type: "MultiPolygon", coordinates } };
    }),
  };
}

/**
 * Levels are put together when they are first asked for.
 * @param {AreasFile["areas"]} areas
 * @param {Line[]} lines
 * @returns {Outlines}
 */
export function outlinesOf(areas, lines) {
  const levels = /** @type {Outlines} */ ({});
  for (const [name, some] of Object.entries(areas)) {
    /** @type {Collection<unknown> | null} */
    let made = null;
    Object.defineProperty(levels, name, { enumerable: true, get: () => made ??= collectionOf(some, lines) });
  }
  return levels;
}

/**
 * The outlines to draw now.
 * @param {Sheet} sheet
 * @returns {Outlines}
 */
export const outlinesDrawn = (sheet) => isNear(sheet) && sheet.close || sheet.areas;

/** @type {WeakMap<Outlines, Map<string, Feature<{ pcode: string }>>>} */
const byCode = new WeakMap();

/**
 * The outline to draw of a department, or of a commune or section that a zone names.
 * @param {Sheet} sheet
 * @param {string} pcode
 */
export function unitOf(sheet, pcode) {
  const outlines = outlinesDrawn(sheet);
  let known = byCode.get(outlines);
  if (!known) {
    const { communes, departments, sections, units } = outlines;
    const all = [departments, communes, units, sections].flatMap((one) => one?.features ?? []);
    known = new Map(all.map((feature) => [feature.properties.pcode, feature]));
    byCode.set(outlines, known);
  }
  return known.get(pcode);
}

/**
 * The best outlines in hand, to ask what is where.
 * @param {Sheet} sheet
 * @returns {Outlines}
 */
export const outlinesKnown = (sheet) => sheet.close || sheet.areas;

/** @param {Sheet} sheet */
export const isNear = (sheet) => sheet.map.getZoom() >= CLOSE_FROM;

/**
 * Whether the outlines of the communes are here, or came.
 * @param {Sheet} sheet
 */
export async function loadCommunes(sheet) {
  if (!outlinesKnown(sheet).communes) {
    const found = /** @type {AreasFile | undefined} */ (await readLater(sheet, sheet.files.communes));
    if (found) sheet.areas.communes = outlinesOf(found.areas, [...sheet.lines, ...linesOf(found.arcs)]).communes;
  }
  return Boolean(outlinesKnown(sheet).communes);
}

/**
 * Whether the close outlines came just now.
 * @param {Sheet} sheet
 */
export async function loadClose(sheet) {
  if (sheet.close || sheet.isComing) return false;
  sheet.isComing = true;
  const found = /** @type {AreasFile | undefined} */ (await readLater(sheet, sheet.files.sections));
  sheet.isComing = false;
  if (found) sheet.close = outlinesOf(found.areas, linesOf(found.arcs));
  return Boolean(found);
}
