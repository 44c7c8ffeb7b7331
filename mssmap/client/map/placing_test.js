/** @import { Mark } from "./sheet.js" */

import assert from "node:assert/strict";
import { test } from "node:test";

import { freePlace, isFree, moved, spread, stacked, topOf } from "./placing.js";

const SIZES = { fobs: 20, events: 16 };

/**
 * @param {string} id
 * @param {Partial<Mark>} [more]
 * @returns {Mark}
 */
const mark = (id, more = {}) => ({
  ...{ id, symbol: "fobs.open", line: "", name: id, dim: 0, at: [0, 0], precision: "site", kind: "fobs" },
  ...more,
});

/**
 * @param {string} id
 * @param {number} x
 * @param {string} [kind]
 */
const at = (id, x, kind = "fobs") => ({ mark: mark(id, { kind }), xy: { x, y: 0 } });

test("records closer than most of a symbol's width are one stack", () => {
  const stacks = stacked([at("a", 0), at("b", 15.9), at("c", 16)], SIZES);
  assert.deepEqual(stacks.map(({ items }) => items.map(({ id }) => id)), [["a", "b"], ["c"]]);
});

test("events reach further, and stacks are of one kind", () => {
  const stacks = stacked([at("a", 0), at("e", 1, "events"), at("f", 19, "events")], SIZES);
  assert.deepEqual(stacks.map(({ items }) => items.map(({ id }) => id)), [["a"], ["e", "f"]]);
});

test("a stack alone stays where it is", () => {
  const stacks = stacked([at("a", 0), at("b", 100)], SIZES);
  spread(stacks, SIZES);
  assert.deepEqual(stacks.map(({ place, xy }) => place === xy), [true, true]);
  assert.equal(stacks[0].radius, 11.5);
});

test("the later of two stacks that collide steps aside, far enough and no further than needed", () => {
  const stacks = stacked([at("a", 0), at("b", 17)], SIZES);
  spread(stacks, SIZES);
  const [first, second] = stacks;
  assert.equal(first.place, first.xy);
  const away = Math.hypot(first.place.x - second.place.x, first.place.y - second.place.y);
  assert.ok(away >= first.radius + second.radius);
  assert.ok(Math.abs(Math.hypot(second.place.x - 17, second.place.y) - 15) < 1e-9, "on the first ring");
});

test("where all is taken a symbol stays at its spot", () => {
  const spot = { x: 0, y: 0 };
  assert.equal(freePlace(spot, 5, [{ place: spot, radius: 1000 }]), spot);
});

test("the chosen record stands for its stack", () => {
  assert.equal(topOf({ kind: "fobs", items: [mark("a"), mark("b")] }, "b").id, "b");
  assert.equal(topOf({ kind: "fobs", items: [mark("a"), mark("b")] }, null).id, "a");
});

test("of events one of the most frequent symbol stands for the stack", () => {
  const items = ["x", "y", "y"].map((symbol, i) => mark(String(i), { symbol, kind: "events" }));
  assert.equal(topOf({ kind: "events", items }, null).id, "1");
});

test("areas that touch do not cover each other", () => {
  const area = { x0: 0, x1: 10, y0: 0, y1: 10 };
  assert.equal(isFree(area, [moved(area, [10, 0])]), true);
  assert.equal(isFree(area, [moved(area, [9, 9])]), false);
  assert.equal(isFree(area, []), true);
});
