/*
 * One tile of streets as its painter is asked for it, beside the page (streets_worker.js) or in it (streets_painter.js).
 */

/**
 * @import { Palette, StreetTile } from "../shared/messages.js"
 * @import { Wish } from "./streets_names.js"
 */

import { drawTile, TILE_UNITS } from "./streets_draw.js";
import { wishesOf } from "./streets_wishes.js";

/**
 * Where and how a tile is drawn, in pixels of the screen.
 * @typedef {object} Place
 * @property {number} width
 * @property {number} height
 * @property {number} dense  points of a pixel, one way
 * @property {number} dx  from the corner of the canvas to that of the tile
 * @property {number} dy
 * @property {number} side
 * @property {number} zoom
 * @property {Palette} palette
 */

/**
 * Draws a tile, and finds the names that it wants on the map.
 * @param {HTMLCanvasElement | OffscreenCanvas} canvas
 * @param {StreetTile} content
 * @param {Place} place
 * @returns {Wish[]}
 */
export function paintTile(canvas, content, { width, height, dense, dx, dy, side, zoom, palette }) {
  canvas.width = width * dense;
  canvas.height = height * dense;
  const pen = /** @type {CanvasRenderingContext2D | null} */ (canvas.getContext("2d"));
  const scale = side / TILE_UNITS;
  pen?.setTransform(dense, 0, 0, dense, dense * dx, dense * dy);
  if (pen) drawTile(pen, content, { palette, scale, zoom });
  return wishesOf(content, scale, zoom);
}
