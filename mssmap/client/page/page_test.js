/** @import { Shown } from "../shared/messages.js" */

import assert from "node:assert/strict";
import { test } from "node:test";

import { windowOf } from "./dial.js";
import { numberOf } from "./layers.js";
import { rowsOf, sorted } from "./table.js";
import { sizeIn, whyRefused } from "./uploads.js";

test("the window of events moves with the day, unless it is fixed", () => {
  assert.deepEqual(windowOf({ start: null, end: null, trail: 30 }, 100), { start: 70, end: 100 });
  assert.deepEqual(windowOf({ start: 50, end: null, trail: 30 }, 100), { start: 50, end: 100 });
  assert.deepEqual(windowOf({ start: null, end: 90, trail: 30 }, 100), { start: 60, end: 90 });
});

test("a number without a doubt is one number", () => {
  const counts = { tally: { "fobs.open": 3, "fobs.planned": 2 }, doubt: {} };
  assert.equal(numberOf(["fobs.open", "fobs.planned"], counts).words, "5");
  assert.equal(numberOf(["prisons"], counts).words, "0");
});

test("doubts make it a range: days below, places and grades above", () => {
  const found = numberOf(["a", "b"], { tally: { a: 5 }, doubt: { a: [1, 2, 0], b: [0, 0, 3] } });
  assert.deepEqual(found, { words: "4–10", doubts: [1, 2, 3] });
});

test("where all are below the grade there is no number", () => {
  assert.equal(numberOf(["a"], { tally: {}, doubt: { a: [0, 0, 3] } }).words, "–");
  assert.equal(numberOf(["a"], { tally: {}, doubt: { a: [0, 2, 0] } }).words, "0–2");
});

/** @type {Shown} */
const VIEW = {
  text: {
    fobs: "Bases",
    gang_zones: "Zones",
    facilities: "Facilities",
    events: "Events",
    off_map: "not on the map",
    precision_site: "exact",
  },
  names: "records.json",
  lang: "fr",
  zone_layer: "gang_zones",
  on: [],
  records: [["a", "fobs.open", 0, "Open", "B2"], ["c", "court.open", 0, "Open", "C3"]],
  zones: [["z", "controlled", 0, "Controlled", "B3", 0]],
  events: [[0, "10 attacks", 0, "A1"]],
};
const KNOWN = {
  points: {
    a: { n: { en: "Base A", fr: "Base à" }, at: null, p: "site" },
    c: { n: { en: "Court" }, at: /** @type {[number, number]} */ ([18, -72]), p: "commune" },
    z: { n: { en: "Zone" }, at: null, p: "site" },
  },
  events: [{ id: "e", n: { en: "Attack" }, at: null, p: "site", g: "events.violence" }],
};
const ALL = new Set(["fobs", "court", "gang_zones", "events"]);

test("the table has the rows of the map, in the language of the page", () => {
  const rows = rowsOf(VIEW, KNOWN, ALL).map(({ cells, id }) => [id, ...cells]);
  assert.deepEqual(rows, [
    ["a", "Base à", "Bases", "Open", "exact (not on the map)", "B2"],
    ["c", "Court", "Facilities", "Open", "", "C3"],
    ["z", "Zone", "Zones", "Controlled", "exact", "B3"],
    ["e", "Attack", "Events", "10 attacks", "exact (not on the map)", "A1"],
  ]);
});

test("the table leaves out what is switched off on the map", () => {
  assert.deepEqual(rowsOf(VIEW, KNOWN, new Set(["gang_zones.controlled"])).map(({ id }) => id), ["z"]);
});

test("rows are found by any word and sorted by a column, numbers as numbers", () => {
  const rows = rowsOf(VIEW, KNOWN, ALL);
  assert.deepEqual(sorted(rows, " COURT ", { column: 0, down: false }).map(({ id }) => id), ["c"]);
  assert.deepEqual(sorted(rows, "", { column: 4, down: true }).map(({ id }) => id), ["c", "z", "a", "e"]);
  const numbered = ["10 x", "9 x"].map((name) => ({ ...rows[0], id: name, cells: [name] }));
  assert.deepEqual(sorted(numbered, "", { column: 0, down: false }).map(({ id }) => id), ["9 x", "10 x"]);
  assert.equal(rows[0].id, "a", "the rows themselves stay in their order");
});

test("the size in a text of Streamlit", () => {
  assert.equal(sizeIn("File must be 25.0MB or smaller."), "25.0 MB");
  assert.equal(sizeIn("912B"), "912 B");
  assert.equal(sizeIn("no size"), undefined);
});

const WHY = { too_large: "large", other_kind: "kind", not_taken: "said", too_large_there: "413", not_uploaded: "lost" };

for (
  const [said, isAnswered, expected] of /** @type {[string, boolean, string][]} */ ([
    ["File must be 2MB or smaller.", true, "large"],
    ["application/x files are not allowed.", false, "kind"],
    ["AxiosError: status code 413", true, "said"],
    ["AxiosError: status code 413", false, "413"],
    ["Network Error", false, "lost"],
  ])
) {
  test(`"${said}" ${isAnswered ? "with" : "without"} an answer of ours is told as "${expected}"`, () => {
    assert.equal(whyRefused(said, isAnswered, WHY), expected);
  });
}
