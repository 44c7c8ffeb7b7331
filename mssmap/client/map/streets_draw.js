/*
 * How a tile of streets is drawn: which level a zoom shows, and lines and areas from steps, on a canvas.
 */

/** @import { Palette, StreetTile } from "../shared/messages.js" */

/** Units to the side of a tile, as `streets/tile.py` cuts them. */
export const TILE_UNITS = 2048;
/** Side of a tile in pixels at the zoom one above its level. */
const SIDE_PX = 512;
/** From this zoom on there are streets. */
export const STREETS_FROM = 12.5;

/** Ends and corners of thinner lines are not rounded: nobody sees it, and it takes four times as long. */
const THIN_PX = 3;

/**
 * The level whose tiles a zoom shows.
 * @param {number} zoom
 * @param {number[]} levels
 */
export const levelAt = (zoom, levels) =>
  Math.max(levels[0], Math.min(levels[levels.length - 1], Math.floor(zoom - 0.5)));

/**
 * Pixels to the side of a tile.
 * @param {number} zoom
 * @param {number} level
 */
export const sideAt = (zoom, level) => SIDE_PX * 2 ** (zoom - level - 1);

/**
 * Width of a road in pixels: by its rank, growing with the zoom.
 * @param {number} rank
 * @param {number} zoom
 */
export function roadWidth(rank, zoom) {
  const at16 = [1.2, 3.2, 7, 9, 11, 13][rank] ?? 1;
  return Math.max(at16 * 2 ** ((zoom - 16) * 0.75), [0.5, 0.6, 0.9, 1.5, 2, 2.5][rank] ?? 0.5);
}

/**
 * Points of a line or ring, from steps.
 * @param {number[]} steps
 * @param {number} scale  pixels of a unit
 * @returns {number[]} x, y, x, y ...
 */
export function walked(steps, scale) {
  const made = new Array(steps.length);
  let x = 0;
  let y = 0;
  for (let i = 0; i < steps.length; i += 2) {
    x += steps[i];
    y += steps[i + 1];
    made[i] = x * scale;
    made[i + 1] = y * scale;
  }
  return made;
}

/**
 * A path through lines or rings.
 * @param {CanvasPath} path
 * @param {number[]} steps
 * @param {number} scale
 * @param {boolean} isRing
 */
export function traceSteps(path, steps, scale, isRing) {
  let x = steps[0];
  let y = steps[1];
  path.moveTo(x * scale, y * scale);
  for (let i = 2; i < steps.length; i += 2) {
    x += steps[i];
    y += steps[i + 1];
    path.lineTo(x * scale, y * scale);
  }
  if (isRing) path.closePath();
}

/**
 * Draws a tile: areas, streams, then roads.
 * @param {CanvasRenderingContext2D} pen
 * @param {StreetTile} tile
 * @param {{ scale: number, zoom: number, palette: Palette }} look
 */
export function drawTile(pen, tile, { palette, scale, zoom }) {
  fillRings(pen, tile.p ?? [], scale, palette.park);
  fillRings(pen, tile.w ?? [], scale, palette.lake);
  fillRings(pen, tile.b ?? [], scale, palette.building);
  for (const rank of [0, 1]) {
    const lines = (tile.s ?? []).flatMap(([own, line]) => own === rank ? [line] : []);
    strokeLines(pen, lines, scale, palette.river, (rank ? 2.2 : 1) * 2 ** ((zoom - 15) * 0.5));
  }
  drawRoads(pen, tile, { palette, scale, zoom });
}

/**
 * Roads: casings of all first, then their surfaces, the small ones below.
 * @param {CanvasRenderingContext2D} pen
 * @param {StreetTile} tile
 * @param {{ scale: number, zoom: number, palette: Palette }} look
 */
function drawRoads(pen, tile, { palette, scale, zoom }) {
  /** @type {number[][][]} */
  const byRank = [[], [], [], [], [], []];
  for (const [rank, , line] of tile.r ?? []) byRank[rank]?.push(line);
  byRank.forEach((lines, rank) => {
    const width = roadWidth(rank, zoom);
    if (rank >= 1 && width > 1.6) strokeLines(pen, lines, scale, palette.kerb, width + 1.4);
  });
  byRank.forEach((lines, rank) => {
    const colour = rank >= 4 ? palette.avenue : rank >= 1 ? palette.street : palette.path;
    const narrow = roadWidth(rank, zoom) <= 1.6 && rank >= 1 && rank < 4;
    strokeLines(pen, lines, scale, narrow ? palette.kerb : colour, roadWidth(rank, zoom), rank === 0);
  });
}

/**
 * @param {CanvasRenderingContext2D} pen
 * @param {number[][]} rings
 * @param {number} scale
 * @param {string} colour
 */
function fillRings(pen, rings, scale, colour) {
  if (!rings.length) return;
  pen.beginPath();
  for (const ring of rings) traceSteps(pen, ring, scale, true);
  pen.fillStyle = colour;
  pen.fill("nonzero");
}

/**
 * @param {CanvasRenderingContext2D} pen
 * @param {number[][]} lines
 * @param {number} scale
 * @param {string} colour
 * @param {number} width
 * @param {boolean} [dashed]
 */
function strokeLines(pen, lines, scale, colour, width, dashed = false) {
  if (!lines.length) return;
  pen.beginPath();
  for (const line of lines) traceSteps(pen, line, scale, false);
  pen.strokeStyle = colour;
  pen.lineWidth = width;
  const isThin = dashed || width < THIN_PX;
  pen.lineCap = isThin ? "butt" : "round";
  pen.lineJoin = isThin ? "bevel" : "round";
  pen.setLineDash(dashed ? [3, 2] : []);
  pen.stroke();
}

/**
 * Tiles of a level that a box touches.
 * @param {number[]} box  west, south, east, north in degrees
 * @param {number} level
 */
export function tilesIn([west, south, east, north], level) {
  if (west >= east || south >= north) return [];
  const count = 2 ** level;
  const column = (/** @type {number} */ lon) => Math.floor((lon + 180) / 360 * count);
  const row = (/** @type {number} */ lat) => {
    const turned = Math.asinh(Math.tan(lat * Math.PI / 180)) / Math.PI;
    return Math.floor((1 - turned) / 2 * count);
  };
  const found = [];
  for (let x = column(west); x <= column(east); x += 1) {
    for (let y = row(north); y <= row(south); y += 1) found.push({ key: `${level}-${x}-${y}`, x, y });
  }
  return found;
}

/**
 * Tiles with those in the middle first: one looks there.
 * @template {{ x: number, y: number }} T
 * @param {T[]} tiles
 */
export function nearFirst(tiles) {
  const middle = (/** @type {"x" | "y"} */ side) => tiles.reduce((sum, tile) => sum + tile[side], 0) / tiles.length;
  const [x, y] = [middle("x"), middle("y")];
  const away = (/** @type {T} */ tile) => Math.hypot(tile.x - x, tile.y - y);
  return [...tiles].sort((one, other) => away(one) - away(other));
}
