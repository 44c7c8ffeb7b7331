/*
 * Where symbols and names find their places, in pixels.
 */

/** @import { Mark, Spot, Stack } from "./sheet.js" */

/** @typedef {{ x0: number, x1: number, y0: number, y1: number }} Area */

/**
 * @param {Spot} one
 * @param {Spot} other
 */
const distance = (one, other) => Math.hypot(one.x - other.x, one.y - other.y);

/**
 * Records closer than a symbol's width become one stack.
 * @param {{ mark: Mark, xy: Spot }[]} placed  in the order in which they find their places
 * @param {Record<string, number>} sizes  width in pixels by kind
 */
export function stacked(placed, sizes) {
  /** @type {Stack[]} */
  const stacks = [];
  for (const { mark, xy } of placed) {
    const { kind } = mark;
    const reach = sizes[kind] * (kind === "events" ? 1.25 : 0.8);
    const home = stacks.find((stack) => stack.kind === kind && distance(stack.xy, xy) < reach);
    if (home) home.items.push(mark);
    else stacks.push({ kind, xy, place: xy, radius: 0, items: [mark] });
  }
  return stacks;
}

/**
 * Stacks that collide step aside, the later ones around those before.
 * @param {Stack[]} stacks
 * @param {Record<string, number>} sizes
 */
export function spread(stacks, sizes) {
  /** @type {{ place: Spot, radius: number }[]} */
  const taken = [];
  for (const stack of stacks) {
    stack.radius = sizes[stack.kind] / 2 + 1.5 + (stack.items.length > 1 ? 2 : 0);
    stack.place = freePlace(stack.xy, stack.radius, taken);
    taken.push(stack);
  }
}

/**
 * The nearest place on rings around a spot that is far enough from all others; the spot itself if there is none.
 * @param {Spot} spot
 * @param {number} radius
 * @param {{ place: Spot, radius: number }[]} taken
 */
export function freePlace(spot, radius, taken) {
  const isClear = (/** @type {Spot} */ xy) =>
    taken.every((other) => distance(other.place, xy) >= other.radius + radius);
  if (isClear(spot)) return spot;
  for (let ring = 1; ring <= 7; ring += 1) {
    const away = ring * 9 + 6;
    for (let step = 0; step < 16; step += 1) {
      const angle = ((step % 2 ? -1 : 1) * Math.ceil(step / 2) * Math.PI) / 8 - Math.PI / 4;
      const xy = { x: spot.x + away * Math.cos(angle), y: spot.y + away * Math.sin(angle) };
      if (isClear(xy)) return xy;
    }
  }
  return spot;
}

/**
 * The record that stands for a stack: the chosen one, else the first, of events one of the most frequent symbol.
 * @param {Pick<Stack, "kind" | "items">} stack
 * @param {string | null} selected
 */
export function topOf({ kind, items }, selected) {
  const chosen = items.find((mark) => mark.id === selected);
  if (chosen) return chosen;
  if (kind !== "events") return items[0];
  /** @type {Map<string, number>} */
  const tally = new Map();
  for (const { symbol } of items) tally.set(symbol, (tally.get(symbol) || 0) + 1);
  const [[most]] = [...tally].sort((a, b) => b[1] - a[1]);
  return items.find((mark) => mark.symbol === most) ?? items[0];
}

/**
 * @param {Area} area
 * @param {Area[]} taken
 */
export const isFree = (area, taken) =>
  taken.every((other) => other.x0 >= area.x1 || other.x1 <= area.x0 || other.y0 >= area.y1 || other.y1 <= area.y0);

/**
 * An area moved by some pixels.
 * @param {Area} area
 * @param {number[]} shift
 */
export const moved = ({ x0, x1, y0, y1 }, [dx, dy]) => ({ x0: x0 + dx, x1: x1 + dx, y0: y0 + dy, y1: y1 + dy });
