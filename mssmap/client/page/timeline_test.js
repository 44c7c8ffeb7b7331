/** @import { LaneItem } from "../shared/messages.js" */

import assert from "node:assert/strict";
import { test } from "node:test";

import { dayOf, isoOf } from "../shared/days.js";
import { archiveByMonth, byMonth, pack, Scale, STEPS, sumOf, zoomed } from "./timeline_scale.js";

const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");

/**
 * @param {number} from
 * @param {Partial<LaneItem>} [more]
 * @returns {LaneItem}
 */
const item = (from, more = {}) => ({ kind: "event", lane: "a", from, to: from, grade: "B2", ...more });

test("days and pixels turn into each other", () => {
  const scale = new Scale([100, 200], 24, 1000);
  assert.deepEqual([scale.x(100), scale.x(150), scale.x(200)], [24, 524, 1024]);
  assert.equal(scale.dayAt(scale.x(133)), 133);
  assert.deepEqual([scale.within(0), scale.within(600), scale.within(2000)], [24, 600, 1024]);
});

test("a span is cut to what is in view", () => {
  const scale = new Scale([100, 200], 0, 100);
  assert.deepEqual(scale.span(90, 110), { x: 0, width: 10 });
  assert.deepEqual(scale.span(190, 210, 1), { x: 90, width: 10 });
  assert.deepEqual(scale.span(150, 160, 1), { x: 50, width: 9 });
  assert.equal(scale.span(50, 60), null);
});

test("ticks have room for their words: months, then years", () => {
  const year = new Scale([dayOf(2025, 0), dayOf(2025, 11, 31)], 0, 1000);
  assert.deepEqual(year.ticks(MONTHS).slice(0, 2), [[dayOf(2025, 0), "Jan 25"], [dayOf(2025, 1), "Feb 25"]]);
  const decade = new Scale([dayOf(2016, 3), dayOf(2026, 3)], 0, 700);
  assert.deepEqual(decade.ticks(MONTHS).map(([, words]) => words).slice(0, 2), ["2017", "2018"]);
});

test("zooming keeps the day in the middle, within the whole and no nearer than twenty days", () => {
  assert.deepEqual(zoomed([0, 1000], [0, 1000], 500, 0.5), [250, 750]);
  assert.deepEqual(zoomed([0, 1000], [480, 520], 500, 0.1), [480, 520]);
  assert.deepEqual(zoomed([0, 1000], [0, 1000], 10, 0.5), [0, 260]);
  assert.deepEqual(zoomed([0, 1000], [200, 400], 900, 0.5), [250, 350], "around the middle if the day is not in view");
  assert.deepEqual(zoomed([0, 1000], [200, 400], 300, 0), [0, 1000]);
});

test("the player steps by days, weeks and months", () => {
  const day = dayOf(2025, 0, 31);
  assert.deepEqual([STEPS.day(day, 1), STEPS.week(day, -1)], [day + 1, day - 7]);
  assert.equal(isoOf(STEPS.month(day, 1)), "2025-02-28");
});

const SCALE = new Scale([0, 100], 0, 700);

test("items that overlap get rows of their own", () => {
  const rows = pack([item(20, { to: 30 }), item(10, { to: 25 }), item(40, { to: 50 })], ["a"], SCALE).get("a");
  assert.deepEqual(rows?.map((row) => row.map(({ from }) => from)), [[10, 40], [20]]);
});

test("an open end reaches to the end of the view", () => {
  assert.equal(pack([item(10, { to: null }), item(90)], ["a"], SCALE).get("a")?.length, 2);
});

test("a lane has seven rows at most, and the last takes the rest", () => {
  const rows = pack(Array.from({ length: 9 }, () => item(10, { to: 20 })), ["a"], SCALE).get("a");
  assert.deepEqual(rows?.map((row) => row.length), [1, 1, 1, 1, 1, 1, 3]);
});

test("what is not in view, or in no lane, is left out", () => {
  const rows = pack([item(-5, { to: -1 }), item(101), item(5, { lane: "b" })], ["a"], SCALE);
  assert.deepEqual([...rows], [["a", []]]);
});

test("events a month by lane, without plans and spells", () => {
  const first = dayOf(2025, 0);
  const months = byMonth([
    item(first),
    item(first + 30),
    item(first + 3, { lane: "b" }),
    item(first + 31),
    item(first, { planned: true }),
    item(first, { lane: "events.planned" }),
    item(first, { kind: "spell" }),
  ]);
  const found = [...months].map(([day, bin]) => [isoOf(day), Object.fromEntries(bin)]);
  assert.deepEqual(found, [["2025-01-01", { a: 2, b: 1 }], ["2025-02-01", { a: 1 }]]);
  assert.equal(sumOf(months.get(first)?.values() ?? []), 3);
});

test("groups of an archive are added up by month", () => {
  assert.deepEqual([...archiveByMonth([[31, "x", 2], [31, "y", 3], [59, "x", 1]])], [[31, 5], [59, 1]]);
});
