/*
 * Draws tiles of streets beside the page, so that the hand never waits for them.
 */

/**
 * @import { StreetTile } from "../shared/messages.js"
 * @import { Place } from "./streets_paint.js"
 */

import { paintTile } from "./streets_paint.js";

/**
 * @typedef {object} Order
 * @property {number} number  of the order, told with the answer
 * @property {string} name
 * @property {ArrayBuffer | null} bytes  JSON of the tile, the first time
 * @property {string} forgotten  a tile that is not asked for again
 * @property {Place} place
 */

const port = /** @type {Worker} */ (/** @type {unknown} */ (globalThis));
/** @type {Map<string, StreetTile>} */
const known = new Map();

port.addEventListener("message", ({ data }) => {
  const { bytes, forgotten, name, number, place } = /** @type {Order} */ (data);
  known.delete(forgotten);
  if (bytes) known.set(name, JSON.parse(new TextDecoder().decode(bytes)));
  const canvas = new OffscreenCanvas(1, 1);
  const wishes = paintTile(canvas, known.get(name) ?? {}, place);
  const picture = canvas.transferToImageBitmap();
  port.postMessage({ number, picture, wishes }, [picture]);
});
