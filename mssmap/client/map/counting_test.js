import assert from "node:assert/strict";
import { test } from "node:test";

import { classIn } from "./base.js";
import { byLayer, classWords, counted, counts, countsOf, tallied } from "./counting.js";

const item = (/** @type {string} */ symbol, /** @type {string[]} */ layers, count = 0) => ({
  ...{ symbol, label: symbol, count, layers },
});

test("a row of a state counts that state", () => {
  const row = item("fobs.planned", ["fobs.planned"]);
  assert.deepEqual(["fobs.planned", "fobs.open"].map((symbol) => counts(row, symbol)), [true, false]);
});

test("a row of one kind counts all its states", () => {
  const row = item("court.open", ["court"]);
  assert.deepEqual(["court.open", "court.closed", "school.open"].map((s) => counts(row, s)), [true, true, false]);
});

test("a row of several kinds counts one state of them", () => {
  const row = item("court.closed", ["court", "school"]);
  assert.deepEqual(["school.closed", "school.open", "port.closed"].map((s) => counts(row, s)), [true, false, false]);
});

test("records, zones and events of a view are counted by symbol", () => {
  const tally = tallied({
    records: [["a", "fobs.open", 0, "", "B2"], ["b", "fobs.open", 0, "", "B2"]],
    zones: [["z", "controlled", 0, "", "B2", 0]],
    events: [[1, "", 0, "B2"]],
    zone_layer: "gang_zones",
  }, [{ id: "e", n: {}, at: null, p: "", g: "x" }, { id: "f", n: {}, at: null, p: "", g: "events.violence" }]);
  assert.deepEqual([...tally], [["fobs.open", 2], ["gang_zones.controlled", 1], ["events.violence", 1]]);
});

test("rows that are not counted stay so", () => {
  const legend = [{ label: "", items: [item("fobs.open", ["fobs.open"]), { symbol: "line", label: "", count: null }] }];
  const [{ items }] = counted(legend, new Map([["fobs.open", 4]]));
  assert.deepEqual(items.map(({ count }) => count), [4, null]);
});

test("the list of layers has states of some and kinds of others", () => {
  const tally = new Map([["fobs.open", 1], ["court.open", 2], ["court.closed", 3]]);
  const found = byLayer(tally, { "court.open": [1, 0, 0], "court.closed": [1, 2, 3] }, (head) => head === "fobs");
  assert.deepEqual(found, { tally: { "fobs.open": 1, court: 5 }, doubt: { court: [2, 2, 3] } });
});

test("counts of the legend by layer, without those of nothing", () => {
  const legend = [{
    label: "",
    items: [item("fobs.open", ["fobs.open"], 2), item("court.closed", ["court", "school"], 3)],
  }];
  assert.deepEqual(countsOf(legend), { "fobs.open": 2, "services.closed": 3 });
  assert.deepEqual(countsOf([{ label: "", items: [item("a", ["a"], 0)] }]), {});
});

test("a break belongs to the class below it", () => {
  assert.deepEqual([1, 2, 3, 9].map((value) => classIn(value, [2, 3])), [0, 0, 1, 2]);
});

test("classes in words", () => {
  assert.deepEqual(classWords([1, 5], String), ["≤ 1", "1 – 5", "> 5"]);
  assert.deepEqual(classWords([3], String), ["≤ 3", "> 3"]);
});
