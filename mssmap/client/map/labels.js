/*
 * Names on the map: towns, regions, waters and roads, the important ones first, none over another.
 */

/**
 * @import { Collection, LatLon, Town } from "../shared/messages.js"
 * @import { Area } from "./placing.js"
 * @import { Sheet } from "./sheet.js"
 */

import { $ } from "../shared/dom.js";
import { nameIn } from "../shared/words.js";
import { readLater } from "./later.js";
import { isFree, moved } from "./placing.js";

const HERE = [[0, 0]];
/** Places, in pixels from its centre, where the name of a department may stand if its centre is taken. */
// deno-fmt-ignore
const ASIDE = [
  [0, 0], [0, -20], [0, 20], [-34, 0], [34, 0], [-30, -28], [30, -28], [-30, 28], [30, 28], [0, -40], [0, 40], [-60, 0],
  [60, 0],
];
/** The same for the name of a large town, which starts at the right of its point. */
const BESIDE = [[0, 0], [4, -14], [4, 14], [14, -26], [14, 26], [-40, -24], [-40, 24]];

/** Ranks of towns beyond the largest, and the zoom from which on they have a name. */
const FROM_ZOOM = [[3, 9.25], [4, 10.75], [5, 12]];
const HAMLETS_FROM = 10.75;

/**
 * @typedef {object} Name
 * @property {string} text
 * @property {string} kind
 * @property {LatLon} at
 * @property {string} font
 * @property {number} [spacing]
 * @property {boolean} [atPoint]  it stands at the right of its point
 * @property {number[][]} [tries]
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
    return [{ text: sheet.nameOf(properties), kind: `place r${rank}`, at: [lat, lon], font, atPoint: true, tries }];
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
  sheet.shapes.departments.features.map(({ properties }) => ({
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
  panes["mm-labels"].node.replaceChildren(...names.flatMap((name) => placeLabel(map, name, taken)));
}

/**
 * @param {L.Map} map
 * @param {Name} name
 * @param {Area[]} taken  the room that it takes is added
 */
function placeLabel(map, name, taken) {
  const { at, atPoint, kind, text, tries = HERE } = name;
  const width = widthOf(name);
  const { x, y } = map.latLngToLayerPoint(at);
  const x0 = atPoint ? x - 4 : x - width / 2;
  const area = { x0, x1: x0 + width + (atPoint ? 8 : 0), y0: y - 9, y1: y + 9 };
  const step = tries.find((shift) => isFree(moved(area, shift), taken));
  if (!step) return [];
  taken.push(moved(area, step));
  const left = x + step[0] + (atPoint ? 7 : 0);
  const label = standing($("div", "mm-label " + kind, text), left, y + step[1]);
  return atPoint ? [label, standing($("div", "mm-dot"), x, y)] : [label];
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
