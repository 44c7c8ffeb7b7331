/** @import { Shape } from "../shared/messages.js" */

import assert from "node:assert/strict";
import { test } from "node:test";

import { isInRing, isInShape } from "./geometry.js";

/** @type {[number, number][]} */
const SQUARE = [[0, 0], [4, 0], [4, 4], [0, 4], [0, 0]];
/** @type {[number, number][]} */
const HOLE = [[1, 1], [3, 1], [3, 3], [1, 3], [1, 1]];

test("a place in a ring, and one beside it", () => {
  assert.equal(isInRing(SQUARE, 2, 2), true);
  assert.equal(isInRing(SQUARE, 5, 2), false);
  assert.equal(isInRing(SQUARE, 2, -1), false);
});

test("a hole does not belong to its shape", () => {
  /** @type {Shape} */
  const shape = { type: "Polygon", coordinates: [SQUARE, HOLE] };
  assert.equal(isInShape(shape, { lat: 2, lng: 2 }), false);
  assert.equal(isInShape(shape, { lat: 0.5, lng: 2 }), true);
});

test("one of several polygons is enough", () => {
  /** @type {Shape} */
  const shape = { type: "MultiPolygon", coordinates: [[SQUARE], [SQUARE.map(([x, y]) => [x + 10, y])]] };
  assert.deepEqual([2, 7, 12].map((lng) => isInShape(shape, { lat: 2, lng })), [true, false, true]);
});

test("nothing lies in a line", () => {
  assert.equal(isInShape({ type: "LineString", coordinates: [] }, { lat: 2, lng: 2 }), false);
});
