import assert from "node:assert/strict";
import { test } from "node:test";

import { collectionOf, linesOf } from "./areas.js";

// two squares side by side, their common side in the middle: west of it the first, east of it the second
const ARCS = [[10_000, 0, 0, 10_000], [10_000, 10_000, -10_000, 0, 0, -10_000, 10_000, 0], [
  10_000,
  0,
  10_000,
  0,
  0,
  10_000,
  -10_000,
  0,
]];

test("a line is told by the way from each point to the next", () => {
  assert.deepEqual(linesOf(ARCS)[1], [[1, 1], [0, 1], [0, 0], [1, 0]]);
});

test("both areas have their common side, each in its own direction", () => {
  const areas = [{ p: { pcode: "west" }, a: [[[0, 1]]] }, { p: { pcode: "east" }, a: [[[2, ~0]]] }];
  const [west, east] = collectionOf(areas, linesOf(ARCS)).features;
  assert.deepEqual(west.geometry.coordinates, [[[[1, 0], [1, 1], [0, 1], [0, 0], [1, 0]]]]);
  assert.deepEqual(east.geometry.coordinates, [[[[1, 0], [2, 0], [2, 1], [1, 1], [1, 0]]]]);
  assert.equal(east.properties.pcode, "east");
});

test("an area keeps its hole", () => {
  const ring = [0, 0, 10_000, 0, 0, 10_000, -10_000, -10_000];
  const [area] = collectionOf([{ p: {}, a: [[[0], [~0]]] }], linesOf([ring])).features;
  assert.deepEqual(area.geometry.coordinates, [[[[0, 0], [1, 0], [1, 1], [0, 0]], [[0, 0], [1, 1], [1, 0], [0, 0]]]]);
});
