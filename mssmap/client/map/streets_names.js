/*
 * Names of streets: along a stretch that is straight enough, none over another name or over a symbol of ours.
 */

/** @import { Area } from "./placing.js" */

import { isFree } from "./placing.js";

/** Pixels between two places of one name. */
const SAME_PX = 320;
/** Cosine below which a corner ends a stretch. */
const STRAIGHT = 0.93;

/**
 * A stretch of a street that could carry its name.
 * @typedef {{ x: number, y: number, angle: number, length: number }} Stretch
 */

/**
 * The longest stretch of a line that bends little; null for a line without length.
 * @param {number[]} line  x, y, x, y ... in pixels
 * @returns {Stretch | null}
 */
export function longestStretch(line) {
  let best = null;
  let from = 0;
  for (let i = 2; i < line.length; i += 2) {
    const isLast = i === line.length - 2;
    if (!isLast && cosine(line, from, i) > STRAIGHT) continue;
    const [x0, y0, x1, y1] = [line[from], line[from + 1], line[i], line[i + 1]];
    const length = Math.hypot(x1 - x0, y1 - y0);
    if (length > (best?.length ?? 0)) {
      best = { x: (x0 + x1) / 2, y: (y0 + y1) / 2, angle: upright(Math.atan2(y1 - y0, x1 - x0)), length };
    }
    from = i;
  }
  return best;
}

/**
 * Cosine between the stretch so far, from a point to point `i`, and the step that follows.
 * @param {number[]} line
 * @param {number} from
 * @param {number} i
 */
function cosine(line, from, i) {
  const [ax, ay] = [line[i] - line[from], line[i + 1] - line[from + 1]];
  const [bx, by] = [line[i + 2] - line[i], line[i + 3] - line[i + 1]];
  return (ax * bx + ay * by) / (Math.hypot(ax, ay) * Math.hypot(bx, by) || 1);
}

/**
 * The same direction, so that a text along it is not upside down.
 * @param {number} angle
 */
export const upright = (angle) =>
  angle > Math.PI / 2 ? angle - Math.PI : angle <= -Math.PI / 2 ? angle + Math.PI : angle;

/**
 * Boxes that a text along a stretch takes: small ones in a row, for it stands at an angle.
 * @param {Stretch} at
 * @param {number} width
 * @param {number} height
 * @returns {Area[]}
 */
export function boxesAlong({ angle, x, y }, width, height) {
  const count = Math.max(1, Math.ceil(width / height));
  return Array.from({ length: count }, (_, i) => {
    const along = ((i + 0.5) / count - 0.5) * width;
    const [cx, cy] = [x + along * Math.cos(angle), y + along * Math.sin(angle)];
    return { x0: cx - height / 2, x1: cx + height / 2, y0: cy - height / 2, y1: cy + height / 2 };
  });
}

/**
 * Something that wants its name on the map.
 * @typedef {object} Wish
 * @property {string} text
 * @property {number} rank
 * @property {string} kind
 * @property {Stretch} at
 * @property {number} width  of the text in pixels
 * @property {number} height
 */

/**
 * The wishes that find room, the important ones first.
 * @param {Wish[]} wishes
 * @param {Area[]} taken  the room that they take is added
 */
export function withRoom(wishes, taken) {
  /** @type {Map<string, Stretch[]>} */
  const used = new Map();
  const order = [...wishes].sort((one, other) => other.rank - one.rank || other.at.length - one.at.length);
  return order.filter((wish) => {
    const { at, height, text, width } = wish;
    if (width > at.length) return false;
    const others = used.get(text) ?? [];
    if (text && others.some((other) => Math.hypot(other.x - at.x, other.y - at.y) < SAME_PX)) return false;
    const boxes = boxesAlong(at, width, height);
    if (!boxes.every((box) => isFree(box, taken))) return false;
    taken.push(...boxes);
    used.set(text, [...others, at]);
    return true;
  });
}
