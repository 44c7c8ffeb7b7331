/*
 * The names of streets, of parts of a town and of landmarks, on one canvas over the view.
 */

/**
 * @import { Palette } from "../shared/messages.js"
 * @import { Area } from "./placing.js"
 * @import { Wish } from "./streets_names.js"
 */

import { $ } from "../shared/dom.js";
import { withRoom } from "./streets_names.js";

/** @type {Record<string, { font: string, height: number }>} */
const LETTERING = {
  street: { font: '500 11px "Source Sans"', height: 12 },
  part: { font: '600 12px "Source Sans"', height: 15 },
  landmark: { font: '11px "Source Sans"', height: 13 },
};
/** So many names are tried. */
const MOST_NAMES = 400;
/** Pixels from a landmark to its name. */
const LANDMARK_ASIDE = 6;

/** The typeface of the names: a canvas does not wait for it by itself. */
export const LETTERS = LETTERING.street.font;

/** @type {Map<string, number>} */
const widths = new Map();

/** Once the typeface has come, texts have other widths. */
export const forgetWidths = () => widths.clear();

/**
 * Writes names over the view, in pixels of the map.
 * @param {L.Map} map
 * @param {HTMLElement} pane
 * @param {Wish[]} wishes
 * @param {{ palette: Palette, taken: Area[] }} look
 */
export function drawNames(map, pane, wishes, { palette, taken }) {
  const size = map.getSize();
  const corner = map.containerPointToLayerPoint([0, 0]);
  const isInView = (/** @type {Wish} */ { at: { x, y } }) =>
    x > corner.x && y > corner.y && x < corner.x + size.x && y < corner.y + size.y;
  const near = wishes.filter(isInView).sort((one, other) => other.rank - one.rank || other.at.length - one.at.length);
  const canvas = pane.querySelector("canvas") ?? pane.appendChild($("canvas"));
  const dense = Math.min(globalThis.devicePixelRatio || 1, 2);
  canvas.width = size.x * dense;
  canvas.height = size.y * dense;
  canvas.style.cssText =
    `position:absolute;left:${corner.x}px;top:${corner.y}px;width:${size.x}px;height:${size.y}px;pointer-events:none`;
  const pen = canvas.getContext("2d");
  if (!pen) return;
  pen.setTransform(dense, 0, 0, dense, -dense * corner.x, -dense * corner.y);
  pen.strokeStyle = palette.halo;
  pen.lineWidth = 2.6;
  pen.lineJoin = "round";
  pen.textBaseline = "middle";
  const wanted = near.slice(0, MOST_NAMES).map((wish) => withSize(pen, wish));
  for (const wish of withRoom(wanted, taken)) lettered(pen, wish, palette);
}

/** @param {string} kind */
const styleOf = (kind) => LETTERING[kind] ?? LETTERING.landmark;

/**
 * A wish with the size of its text.
 * @param {CanvasRenderingContext2D} pen
 * @param {Wish} wish
 * @returns {Wish}
 */
function withSize(pen, wish) {
  const { font, height } = styleOf(wish.kind);
  const key = font + wish.text;
  let width = widths.get(key);
  if (width === undefined) {
    pen.font = font;
    width = pen.measureText(wish.text).width + 8;
    widths.set(key, width);
  }
  if (wish.kind === "street" || wish.kind === "part") return { ...wish, width, height };
  const whole = width + LANDMARK_ASIDE;
  return { ...wish, width: whole, height, at: { ...wish.at, x: wish.at.x + whole / 2 - 4 } };
}

/**
 * @param {CanvasRenderingContext2D} pen
 * @param {Wish} wish
 * @param {Palette} palette
 */
function lettered(pen, { at, kind, text, width }, palette) {
  pen.font = styleOf(kind).font;
  pen.save();
  pen.translate(at.x, at.y);
  pen.rotate(at.angle);
  if (kind === "street" || kind === "part") {
    pen.textAlign = "center";
    pen.fillStyle = kind === "part" ? palette.part : palette.lettering;
    pen.strokeText(text, 0, 0.5);
    pen.fillText(text, 0, 0.5);
  } else {
    landmarkAt(pen, -width / 2 + 4, kind, palette);
    pen.textAlign = "left";
    pen.fillStyle = palette.lettering;
    pen.strokeText(text, -width / 2 + 4 + LANDMARK_ASIDE, 0.5);
    pen.fillText(text, -width / 2 + 4 + LANDMARK_ASIDE, 0.5);
  }
  pen.restore();
}

/**
 * A plain mark of a landmark, smaller than any symbol of ours: a cross for health, else a square.
 * @param {CanvasRenderingContext2D} pen
 * @param {number} x
 * @param {string} kind
 * @param {Palette} palette
 */
function landmarkAt(pen, x, kind, palette) {
  pen.fillStyle = palette.halo;
  pen.fillRect(x - 4, -4, 8, 8);
  pen.fillStyle = palette.part;
  if (kind === "hospital") {
    pen.fillRect(x - 3, -1, 6, 2);
    pen.fillRect(x - 1, -3, 2, 6);
  } else pen.fillRect(x - 2, -2, 4, 4);
}
