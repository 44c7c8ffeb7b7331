/*
 * Names on the map: towns, regions, waters and roads, the important ones first, none over another.
 */

/**
 * @import { Collection, LatLon, Town } from "../shared/messages.js"
 * @import { Area } from "./placing.js"
 * @import { Sheet } from "./sheet.js"
 */

import { $ } from "../shared/dom.js";
import { fill, inWords, nameIn } from "../shared/words.js";
import { readLater } from "./later.js";
import { isFree, moved } from "./placing.js";

const HERE = [[0, 0]];
/** Places, in pixels from its centre, where the name of a department may stand if its centre is taken. */
// deno-fmt-ignore
const ASIDE = [
  [0, 0], [0, -20], [0, 20], [-34, 0], [34, 0], [-30, -28], [30, -28], [-30, 28], [30, 28], [0, -40], [0, 40], [-60, 0],
  [60, 0],
];
/** The same for the figure of a department, which leaves the centre to its name. */
const BELOW = [[0, 18], [0, -18], [0, 36], [0, -36], [50, 24], [-50, 24], [50, -24], [-50, -24], [0, 54], [0, -54]];
/** The same for the name of a large town, which starts at the right of its point. */
const BESIDE = [[0, 0], [4, -14], [4, 14], [14, -26], [14, 26], [-40, -24], [-40, 24]];

/**
 * Directions (east, south) in which the name of one of the largest towns looks for room away from its point, and pixels
 * that it would rather go further than that way: above its point it is nearest to it.
 */
// deno-fmt-ignore
const AROUND = [
  [0, -1, 0], [0.7, -0.7, 40], [1, 0, 40], [0.7, 0.7, 40], [0, 1, 20], [-0.7, -0.7, 40], [-1, 0, 40], [-0.7, 0.7, 40],
];
const AWAY_PX = [36, 54, 72, 90, 108, 126];
/** A name further than this from its point has a line to it. */
const LINE_FROM_PX = 16;

/** Ranks of towns beyond the largest, and the zoom from which on they have a name. */
const FROM_ZOOM = [[3, 9.25], [4, 10.75], [5, 12]];
const HAMLETS_FROM = 10.75;
/** Zoom from which on the level stands beside the figure of a zone. */
const ZONE_WORDS_FROM = 8;

/**
 * @typedef {object} Name
 * @property {string} text
 * @property {string} kind
 * @property {LatLon} at
 * @property {string} font
 * @property {number} [spacing]
 * @property {boolean} [atPoint]  it stands at the right of its point
 * @property {number[][]} [tries]
 * @property {boolean} [always]  it stands further away rather than not at all
 * @property {string} [of]  key of the thing that it tells of
 */

/**
 * All names of a zoom, the important ones first.
 * @param {Sheet} sheet
 * @param {number} zoom
 * @returns {Name[]}
 */
function namesAt(sheet, zoom) {
  if (sheet.tiles) return [];
  return [
    ...towns(sheet, 1),
    ...zoneWords(sheet, zoom),
    ...waters(sheet, zoom),
    ...(zoom >= 7.75 ? towns(sheet, 2) : []),
    ...(sheet.view.on.has("departments") && zoom < 10.5 ? regions(sheet, zoom) : []),
    ...FROM_ZOOM.flatMap(([rank, from]) => (zoom >= from ? towns(sheet, rank) : [])),
    ...(zoom >= 8.5 ? roads(sheet) : []),
  ];
}

/**
 * @param {Sheet} sheet
 * @param {number} rank
 * @returns {Name[]}
 */
function towns(sheet, rank) {
  const font = `${rank === 1 ? "650 13.5px" : "500 12.5px"} "Source Sans"`;
  const tries = rank <= 2 ? BESIDE : HERE;
  const { hamlets, shapes: { places } } = sheet;
  return [...places.features, ...(hamlets?.features ?? [])].flatMap(({ geometry, properties }) => {
    if (properties.rank !== rank || geometry.type !== "Point") return [];
    const [lon, lat] = geometry.coordinates;
    /** @type {Name} */
    const name = { text: sheet.nameOf(properties), kind: `place r${rank}`, at: [lat, lon], font, atPoint: true, tries };
    return [{ ...name, always: rank === 1 }];
  });
}

/**
 * Figures of zones that have no area: communes of a department, a share of a city.
 * @param {Sheet} sheet
 * @param {number} zoom
 * @returns {Name[]}
 */
function zoneWords(sheet, zoom) {
  const { areas: { departments }, things, view } = sheet;
  if (zoom < 7.5 || zoom > 12.5) return [];
  return things.flatMap(({ how, key, level, units, zones }) => {
    const label = departments.features.find(({ properties }) => properties.pcode === units[0])?.properties.label;
    const at = how === "count" ? label : how === "share" ? zones[0].place.at : null;
    if (!at) return [];
    const value = Math.max(...zones.map(({ place }) => place.value ?? 0));
    const told = { n: inWords(value, view.lang), m: units.length };
    const words = fill(sheet.say("zone_told_" + (how === "count" && value === 1 ? "one" : how)), told);
    const isBrief = zoom < ZONE_WORDS_FROM;
    const text = isBrief ? words : `${words} · ${sheet.say(view.zone_layer + "." + level).toLowerCase()}`;
    const tries = how === "count" ? BELOW : ASIDE;
    return [{
      text,
      kind: `zone ${level}`,
      at,
      font: '600 11.5px "Source Sans"',
      tries,
      always: how === "share" && !isBrief,
      of: key,
    }];
  });
}

/**
 * @param {Sheet} sheet
 * @param {number} zoom
 * @returns {Name[]}
 */
const waters = ({ manifest, view }, zoom) =>
  manifest.labels.filter((label) => zoom >= label.from && zoom <= label.to).map(({ n, kind, at }) => (
    { text: nameIn(n, view.lang), kind, at, font: '13px "Source Sans"', spacing: kind === "country" ? 4 : 0.6 }
  ));

/**
 * @param {Sheet} sheet
 * @param {number} zoom
 * @returns {Name[]}
 */
const regions = (sheet, zoom) =>
  sheet.areas.departments.features.map(({ properties }) => ({
    text: sheet.nameOf(properties),
    kind: "region",
    at: properties.label,
    font: '11.5px "Source Sans"',
    spacing: 2,
    tries: zoom >= 7.75 ? ASIDE : HERE,
  }));

/**
 * @param {Sheet} sheet
 * @returns {Name[]}
 */
const roads = ({ shapes }) =>
  shapes.roads.features.flatMap(({ properties: { class: kind, label, ref } }) =>
    ref && kind === "national" && label
      ? [{ text: ref, kind: "road", at: label, font: '10px "Source Sans"', spacing: 0.5 }]
      : []
  );

/** @type {WeakSet<Sheet>} */
const asked = new WeakSet();

/**
 * Fetches the small places when the map is close enough to name them.
 * @param {Sheet} sheet
 */
async function fetchHamlets(sheet) {
  if (asked.has(sheet) || !sheet.files.hamlets) return;
  asked.add(sheet);
  const found = await readLater(sheet, sheet.files.hamlets);
  if (!found) return;
  sheet.hamlets = /** @type {Collection<Town>} */ (found);
  placeLabels(sheet);
}

/** @type {CanvasRenderingContext2D | null} */
let pen = null;

/**
 * Width of a text in pixels.
 * @param {Name} name
 */
function widthOf({ font, spacing = 0, text }) {
  pen ??= $("canvas").getContext("2d");
  if (!pen) return 0;
  pen.font = font;
  return pen.measureText(text).width + text.length * spacing + 6;
}

/**
 * Puts the names where there is room between the symbols and each other.
 * @param {Sheet} sheet
 */
export function placeLabels(sheet) {
  const { map, panes, stacks } = sheet;
  const taken = stacks.map(({ place: { x, y }, radius }) => ({
    x0: x - radius,
    x1: x + radius,
    y0: y - radius,
    y1: y + radius,
  }));
  if (map.getZoom() >= HAMLETS_FROM) fetchHamlets(sheet);
  const bounds = map.getBounds().pad(0.25);
  const names = namesAt(sheet, map.getZoom()).filter(({ at }) => bounds.contains(at));
  sheet.tags = [];
  panes["mm-labels"].node.replaceChildren(...names.flatMap((name) => placeLabel(map, name, taken, sheet.tags)));
  sheet.taken = taken;
}

/**
 * @param {L.Map} map
 * @param {Name} name
 * @param {Area[]} taken  the room that it takes is added
 * @param {Sheet["tags"]} tags  where it stands is added, if it tells of something
 */
function placeLabel(map, name, taken, tags) {
  const { always, at, atPoint, kind, text, tries = HERE } = name;
  const width = widthOf(name);
  const { x, y } = map.latLngToLayerPoint(at);
  const x0 = atPoint ? x - 4 : x - width / 2;
  const area = { x0, x1: x0 + width + (atPoint ? 8 : 0), y0: y - 9, y1: y + 9 };
  const step = [...tries, ...(always ? further(width) : [])].find((shift) => isFree(moved(area, shift), taken));
  if (!step) return [];
  const own = moved(area, step);
  taken.push(own);
  if (name.of) tags.push({ key: name.of, ...own });
  const left = x + step[0] + (atPoint ? 7 : 0);
  const label = standing($("div", "mm-label " + kind, text), left, y + step[1]);
  if (!atPoint) return [label];
  const end = { x: Math.min(Math.max(x, own.x0 + 4), own.x1 - 4), y: y + step[1] };
  return [...lineTo({ x, y }, end), label, standing($("div", "mm-dot"), x, y)];
}

/**
 * Places further away where a name of a width may stand, the near ones first.
 * @param {number} width
 */
const further = (width) =>
  AWAY_PX.flatMap((away) => AROUND.map(([east, south, dear]) => ({ away, east, south, cost: away + dear })))
    .sort((one, other) => one.cost - other.cost)
    .map(({ away, east, south }) => {
      const back = east < 0 ? width + 14 : east === 0 ? width / 2 + 7 : 0;
      return [Math.round(east * away - back), Math.round(south * away)];
    });

/**
 * The line from a point to its name, none if they are close.
 * @param {{ x: number, y: number }} from
 * @param {{ x: number, y: number }} to
 */
function lineTo(from, to) {
  const length = Math.hypot(to.x - from.x, to.y - from.y);
  if (length <= LINE_FROM_PX) return [];
  const line = standing($("div", "mm-name-line"), from.x, from.y);
  line.style.width = `${length}px`;
  line.style.transform = `rotate(${Math.atan2(to.y - from.y, to.x - from.x)}rad)`;
  return [line];
}

/**
 * @param {HTMLElement} node
 * @param {number} x
 * @param {number} y
 */
function standing(node, x, y) {
  node.style.left = `${x}px`;
  node.style.top = `${y}px`;
  return node;
}
