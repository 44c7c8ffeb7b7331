import assert from "node:assert/strict";
import { test } from "node:test";

import { drawTile, levelAt, nearFirst, roadWidth, sideAt, tilesIn, walked } from "./streets_draw.js";

const LEVELS = [12, 13, 14];
const PALETTE = {
  park: "green",
  lake: "blue",
  building: "grey",
  river: "blue",
  kerb: "k",
  avenue: "a",
  street: "s",
  path: "p",
};

test("a level is shown from half a zoom above it, and never stretched to less than its half", () => {
  assert.deepEqual([12.5, 13.49, 13.5, 14.5, 16].map((zoom) => levelAt(zoom, LEVELS)), [12, 12, 13, 14, 14]);
  assert.equal(sideAt(15, 14), 512);
  assert.equal(sideAt(16, 14), 1024);
});

test("steps become points", () => {
  assert.deepEqual(walked([10, 20, 5, 0, 0, -5], 0.5), [5, 10, 7.5, 10, 7.5, 7.5]);
});

test("a box touches these tiles", () => {
  assert.deepEqual(tilesIn([-180, 0.001, -0.001, 85], 1), [{ key: "1-0-0", x: 0, y: 0 }]);
  assert.deepEqual(tilesIn([-72.34, 18.55, -72.33, 18.55], 14).map(({ key }) => key), []);
  assert.deepEqual(tilesIn([-72.34, 18.55, -72.33, 18.551], 14).map(({ key }) => key), [
    "14-4899-7332",
    "14-4900-7332",
  ]);
});

test("a box without room touches none", () => assert.deepEqual(tilesIn([1, 1, 1, 1], 14), []));

test("roads are wider the more they matter and the closer one looks", () => {
  const widths = [0, 1, 2, 3, 4, 5].map((rank) => roadWidth(rank, 16));
  assert.deepEqual(widths, [...widths].sort((a, b) => a - b));
  assert.ok(roadWidth(5, 16) > roadWidth(5, 13));
});

/** A pen that writes down what it is told. */
function noting() {
  /** @type {string[]} */
  const told = [];
  const pen = {
    ...{ fillStyle: "", strokeStyle: "", lineWidth: 0, lineCap: "", lineJoin: "" },
    ...{ beginPath() {}, closePath() {}, lineTo() {}, moveTo() {}, setLineDash() {} },
    fill: () => told.push("fill " + pen.fillStyle),
    stroke: () => told.push("stroke " + pen.strokeStyle),
  };
  return { pen: /** @type {CanvasRenderingContext2D} */ (/** @type {unknown} */ (pen)), told };
}

test("areas lie under streets, casings under all surfaces, the small under the large", () => {
  const { pen, told } = noting();
  /** @type {import("../shared/messages.js").StreetTile} */
  const tile = {
    w: [[0, 0, 5, 0, 0, 5]],
    p: [[0, 0, 9, 0, 0, 9]],
    b: [[1, 1, 1, 0, 0, 1]],
    r: [[5, -1, [0, 0, 9, 9]], [2, -1, [0, 0, 9, 0]], [0, -1, [0, 0, 0, 9]]],
  };
  drawTile(pen, tile, { palette: PALETTE, scale: 1, zoom: 16 });
  assert.deepEqual(told, [
    ...["fill green", "fill blue", "fill grey"],
    ...["stroke k", "stroke k", "stroke p", "stroke s", "stroke a"],
  ]);
});

test("the tile in the middle is drawn first", () => {
  const tiles = [{ x: 1, y: 1 }, { x: 2, y: 1 }, { x: 3, y: 1 }];
  assert.deepEqual(nearFirst(tiles)[0], { x: 2, y: 1 });
});
