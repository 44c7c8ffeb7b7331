/** @import { Wish } from "./streets_names.js" */

import assert from "node:assert/strict";
import { test } from "node:test";

import { boxesAlong, longestStretch, upright, withRoom } from "./streets_names.js";

test("the longest stretch is the one that bends little", () => {
  const found = longestStretch([0, 0, 10, 0, 20, 1, 20, 100]);
  assert.equal(found?.x, 20);
  assert.ok(Math.abs((found?.angle ?? 0) - Math.PI / 2) < 0.02);
  assert.equal(Math.round(found?.length ?? 0), 99);
});

test("a line without length has none", () => assert.equal(longestStretch([3, 3]), null));

test("no name stands on its head", () => {
  for (let angle = -Math.PI; angle <= Math.PI; angle += 0.1) assert.ok(Math.abs(upright(angle)) <= Math.PI / 2 + 1e-9);
});

test("boxes follow the text", () => {
  const boxes = boxesAlong({ x: 0, y: 0, angle: Math.PI / 2, length: 100 }, 40, 10);
  assert.equal(boxes.length, 4);
  assert.ok(boxes.every(({ x0, x1 }) => x0 === -5 && Math.abs(x1 - 5) < 1e-9 || Math.abs(x0 + 5) < 1e-9));
  assert.equal(Math.round(Math.min(...boxes.map(({ y0 }) => y0))), -20);
});

/**
 * @param {string} text
 * @param {number} x
 * @param {Partial<Wish>} [more]
 * @returns {Wish}
 */
const wish = (text, x, more = {}) => ({
  ...{ text, rank: 2, kind: "street", at: { x, y: 0, angle: 0, length: 100 }, width: 50, height: 12 },
  ...more,
});

test("a name of ours is never written over", () => {
  const ours = [{ x0: -100, x1: 100, y0: -5, y1: 5 }];
  assert.deepEqual(withRoom([wish("Rue A", 0), wish("Rue B", 300)], ours).map(({ text }) => text), ["Rue B"]);
});

test("the important street has its name first, and a street the same name once around", () => {
  const made = withRoom([wish("Rue A", 0), wish("Avenue", 10, { rank: 5 }), wish("Avenue", 200, { rank: 5 })], []);
  assert.deepEqual(made.map(({ at, text }) => [text, at.x]), [["Avenue", 10]]);
  assert.equal(withRoom([wish("Avenue", 0), wish("Avenue", 400)], []).length, 2);
});

test("a name longer than its street is left out", () =>
  assert.deepEqual(withRoom([wish("Rue", 0, { width: 101 })], []), []));

test("landmarks without a name stand beside each other", () =>
  assert.equal(withRoom([wish("", 0, { width: 14 }), wish("", 60, { width: 14 })], []).length, 2));
