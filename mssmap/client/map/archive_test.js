import assert from "node:assert/strict";
import { test } from "node:test";

import { classesOf, hold, pictureOf, projection, shortNumber, unpack, wordsOfClasses } from "./archive_answer.js";
import { nearest } from "./archive_draw.js";
import { kindsOf, narrowed, readChosen } from "./archive_filter.js";

/**
 * @param {Record<string, unknown>} head
 * @param {Record<string, number[]>} arrays
 */
function packed(head, arrays) {
  const counts = Object.fromEntries(Object.entries(arrays).map(([name, values]) => [name, values.length]));
  let text = JSON.stringify({ ...head, arrays: counts });
  while ((text.length + 4) % 4) text += " ";
  const bytes = new TextEncoder().encode(text);
  const values = Int32Array.from(Object.values(arrays).flat());
  const buffer = new ArrayBuffer(4 + bytes.length + values.byteLength);
  new DataView(buffer).setUint32(0, bytes.length, true);
  new Uint8Array(buffer, 4).set(bytes);
  new Int32Array(buffer, 4 + bytes.length).set(values);
  return buffer;
}

const RING = Array.from({ length: 12 }, (_, i) => i);
const HEAD = { mode: "cells", rows: 4, cells: 2, resolution: 5, groups: ["events.violence", "events.mission"] };
const ROWS = {
  ...{ row: [7, 8, 9, 10], lon: [-72e6, -72e6, -71e6, -71e6], lat: [18e6, 19e6, 19e6, 19e6], category: [0, 1, 0, 1] },
  ...{ cell: [0, 0, 1, 1], from: [100, 110, 120, 130], to: [100, 110, 125, 130], ring: [...RING, ...RING] },
};
const HELD = hold(unpack(packed(HEAD, ROWS)), "key");
const ASKED = { day: 125, start: 105, end: 125, box: "-73,17,-70.5,20", zoom: 8 };

test("an answer is a head and arrays of whole numbers", () => {
  const found = unpack(packed({ mode: "points", inside: 2 }, { row: [1, 2], lon: [-3, 4] }));
  assert.deepEqual([found.mode, found.inside, [...found.row], [...found.lon]], ["points", 2, [1, 2], [-3, 4]]);
  assert.equal(found.lat.length, 0, "what is not there is empty");
});

test("rows of a small archive are counted in their days and cells", () => {
  const { inside, lon, mode, n, ring, rows, shown } = pictureOf(HELD, ASKED);
  assert.deepEqual([mode, rows, inside, shown], ["cells", 4, 2, 2]);
  assert.deepEqual([[...n], [...lon], ring.length], [[1, 1], [-72e6, -71e6], 24]);
});

test("rows beside the view are counted in their cell and not in view", () => {
  const { inside, n, shown } = pictureOf(HELD, { ...ASKED, start: 90, box: "-73,18.5,-70.5,20" });
  assert.deepEqual([inside, shown, [...n]], [2, 2, [2, 1]]);
});

test("a cell without a row in view is not shown", () => {
  assert.equal(pictureOf(HELD, { ...ASKED, box: "-73,17,-71.5,20" }).shown, 1);
});

test("what begins after the day is not shown, whatever the window", () => {
  assert.equal(pictureOf(HELD, { ...ASKED, day: 115, start: 90, end: 200 }).inside, 2);
});

test("at street level the events themselves are shown", () => {
  const { category, classes, mode, row } = pictureOf(HELD, { ...ASKED, zoom: 12 });
  assert.deepEqual([mode, [...row], [...category], classes], ["points", [8, 9], [1, 0], []]);
});

test("counts of all time decide the classes of a small archive", () => assert.deepEqual(HELD.classes, [1, 2]));

test("classes are round and have no doubles", () => {
  assert.deepEqual(classesOf({ mode: "cells", n: Int32Array.of(1, 1) }), [1]);
  assert.deepEqual(classesOf({ mode: "cells", n: Int32Array.of(3, 100_000) }), [10, 100, 1000, 10000]);
  assert.deepEqual(classesOf({ mode: "cells", n: new Int32Array(0) }), []);
  assert.deepEqual(classesOf({ mode: "points", n: Int32Array.of(5) }), []);
});

test("classes in words", () => {
  assert.deepEqual(wordsOfClasses([1, 2, 10], String), ["1", "2", "3–10", "> 10"]);
  assert.deepEqual(wordsOfClasses([5], String), ["1–5", "> 5"]);
  assert.deepEqual(wordsOfClasses([], String), []);
});

for (
  const [n, text] of /** @type {[number, string][]} */ ([
    [999, "999"],
    [1000, "1k"],
    [1999, "1.9k"],
    [10_999, "10k"],
    [999_999, "999k"],
    [1_250_000, "1.2M"],
  ])
) test(`${n} in a few signs is ${text}`, () => assert.equal(shortNumber(n), text));

test("the projection is that of Leaflet", () => {
  const at = projection(0, 0, 0);
  assert.equal(at.x(0), 128);
  assert.equal(at.x(-180e6), 0);
  assert.ok(Math.abs(at.y(0) - 128) < 1e-9);
  assert.ok(Math.abs(at.y(85.0511287798e6)) < 1e-6);
});

test("what lies under the hand, the nearest first", () => {
  const places = { ...HELD, lon: Int32Array.of(0, 10, 3), lat: Int32Array.of(0, 0, 0) };
  const hits = nearest(places, { x: (lon) => lon, y: (lat) => lat }, () => 5);
  assert.deepEqual(hits(2, 0), [2, 0]);
  assert.deepEqual(hits(30, 0), []);
});

test("a filter narrows what the page lets pass, never more", () => {
  const chosen = { kinds: ["battle", "riot"], actor: "" };
  assert.deepEqual(narrowed(chosen, { category: "kidnapping,riot" }), { category: "riot" });
  assert.deepEqual(narrowed(chosen, { category: "kidnapping" }), { category: "kidnapping" });
  assert.deepEqual(narrowed(chosen, { grade: "B2" }), { grade: "B2", category: "battle,riot" });
  assert.deepEqual(narrowed({ kinds: [], actor: "police" }, {}), { actor: "police" });
});

test("a kind that was chosen stays, though nothing of it is left", () => {
  assert.deepEqual(kindsOf([["riot", 3]], ["battle", "riot"], undefined), [["riot", 3], ["battle", 0]]);
  assert.deepEqual(kindsOf([["riot", 3]], ["battle"], "riot"), [["riot", 3]], "unless the page leaves it out");
});

test("what was chosen before is taken as far as it can be read", () => {
  const sound = { kinds: ["riot"], actor: "" };
  assert.deepEqual(readChosen(JSON.stringify({ a: sound, b: { kinds: "riot" } })), { a: sound });
  assert.deepEqual([readChosen(null), readChosen("{"), readChosen("null")], [{}, {}, {}]);
});
