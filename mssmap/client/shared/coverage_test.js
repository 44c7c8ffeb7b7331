import assert from "node:assert/strict";
import { test } from "node:test";

import { covered, switched, unpackReach } from "./coverage.js";

/** Ten cells: a reaches the first two, b the second and the last; at its best speed a reaches the third too. */
const reach = unpackReach({
  ids: ["a", "b"],
  within: [btoa("\xc0\x00"), btoa("\x40\x40")],
  possible: [btoa("\xe0\x00"), btoa("\x40\x40")],
  people: [10, 20, 30, 0, 0, 0, 0, 0, 0, 40],
  group: ",",
});

test("nobody is covered without a base", () => {
  assert.deepEqual(covered(reach, new Set()), { cells: "0000000000", people: 0, percent: 0 });
});

test("cells that one base reaches, and those it reaches at its best only", () => {
  assert.deepEqual(covered(reach, new Set(["a"])), { cells: "11p0000000", people: 30, percent: 30 });
});

test("a cell that two bases reach is counted once", () => {
  assert.deepEqual(covered(reach, new Set(["a", "b"])), { cells: "12p0000001", people: 70, percent: 70 });
});

test("a base that is not known reaches nobody", () => assert.equal(covered(reach, new Set(["c"])).people, 0));

test("where nobody lives nobody is covered", () => {
  assert.equal(covered({ ...reach, people: [0, 0, 0] }, new Set(["a"])).percent, 0);
});

const plan = "p";

test("acts switch bases in their order", () => {
  const on = switched(["a"], [
    { plan, kind: "switch", base: "b", on: true },
    { plan, kind: "switch", base: "a", on: false },
    { plan, kind: "place", proposal: "own-1", lon: 0, lat: 0 },
  ]);
  assert.deepEqual([...on], ["b", "own-1"]);
});

test("a proposal that is taken away is off", () => {
  assert.deepEqual([...switched(["own-1", "a"], [{ plan, kind: "remove", proposal: "own-1" }])], ["a"]);
});

test("sites that are adopted come on, in place of all others if so wanted", () => {
  const sites = [{ id: "s", name: "S", lon: 0, lat: 0 }];
  assert.deepEqual([...switched(["a"], [{ plan, kind: "adopt", sites }])], ["a", "s"]);
  assert.deepEqual([...switched(["a"], [{ plan, kind: "adopt", sites, clean: true }])], ["s"]);
});

test("what is no switch switches nothing", () => {
  assert.deepEqual([...switched(["a"], [{ plan, kind: "rename", name: "New" }])], ["a"]);
});
