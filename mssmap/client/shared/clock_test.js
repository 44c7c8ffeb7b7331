/** @import { Happening, History, Spell } from "./messages.js" */

import assert from "node:assert/strict";
import { test } from "node:test";

import { ageInWords, ageOf, latestOf, viewAt } from "./clock.js";

const WORDS = {
  last_report: "last report {age}",
  today: "today",
  one_day: "yesterday",
  days: "{n} days ago",
  months: "{n} months ago",
  years: "{n} years ago",
};

/**
 * @param {Partial<Spell>} more
 * @returns {Spell}
 */
const spell = (more = {}) => ({
  ...{ id: "a", layer: "fobs", zone: false, status: "fobs.open", from: 100, to: null, known: 100, reports: [] },
  ...{ refresh: 90, sure: 100, maybe: false, line: "Open", grade: "B2" },
  place: null,
  ...more,
});

/**
 * @param {Partial<Happening>} more
 * @returns {Happening}
 */
const event = (more = {}) => ({
  ...{ row: 0, from: 100, to: 100, end: 100, planned: false, g: "events.violence", line: "Attack", passed: null },
  ...{ grade: "B2", sure: null, maybe: false, ...more },
});

/**
 * @param {Spell[]} spells
 * @param {Happening[]} events
 * @returns {History}
 */
const history = (spells, events = []) => ({ known_on: 500, spells, events, words: WORDS });

test("the age counts from the last report that was public", () => {
  assert.equal(ageOf({ known: 10, reports: [20, 40] }, 50, 30), 30);
  assert.equal(ageOf({ known: 10, reports: [20, 40] }, 50, 50), 10);
  assert.equal(ageOf({ known: 60, reports: [] }, 50, 60), 0, "never below 0");
});

for (
  const [days, words] of /** @type {[number, string][]} */ ([
    [0, "today"],
    [1, "yesterday"],
    [59, "59 days ago"],
    [60, "2 months ago"],
    [729, "24 months ago"],
    [730, "2 years ago"],
  ])
) test(`${days} days are "${words}"`, () => assert.equal(ageInWords(days, WORDS), words));

test("the first and the last day of a spell belong to it", () => {
  const spells = [spell({ from: 100, to: 110 })];
  assert.deepEqual([99, 100, 110, 111].map((day) => latestOf(spells, day).length), [0, 1, 1, 0]);
});

test("of two spells of a record the one that began later holds, then the one known later", () => {
  const begun = [spell({ status: "late", from: 105 }), spell({ status: "early", from: 100 })];
  assert.deepEqual(latestOf(begun, 110).map(({ status }) => status), ["late"]);
  const known = [spell({ status: "new", known: 105 }), spell({ status: "old", known: 100 })];
  assert.deepEqual(latestOf(known, 110).map(({ status }) => status), ["new"]);
});

test("a record whose last report is older than its refresh is stale and says so", () => {
  const { records } = viewAt(history([spell({ refresh: 10 })]), 110, 0);
  assert.deepEqual(records, [["a", "fobs.open", 0, "Open", "B2"]]);
  const later = viewAt(history([spell({ refresh: 10 })]), 111, 0);
  assert.deepEqual(later.records, [["a", "fobs.open", 1, "Open · last report 11 days ago", "B2"]]);
});

test("zones stand by themselves and are counted with their layer", () => {
  const zone = spell({ id: "z", layer: "gang_zones", zone: true, status: "controlled", sure: 120 });
  const { doubt, records, zones } = viewAt(history([zone]), 110, 0);
  assert.equal(records.length, 0);
  assert.deepEqual(zones.map(([id, level]) => [id, level]), [["z", "controlled"]]);
  assert.deepEqual(doubt, { "gang_zones.controlled": [1, 0, 0] });
});

test("what is below the grade is counted, not shown", () => {
  const { doubt, events, records } = viewAt(
    history([spell({ grade: "C3" })], [event({ grade: "D4" })]),
    110,
    0,
    110,
    "B2",
  );
  assert.deepEqual([records, events], [[], []]);
  assert.deepEqual(doubt, { "fobs.open": [0, 0, 1], "events.violence": [0, 0, 1] });
});

test("what may lie in the region is counted, not shown, and not below a grade too", () => {
  const told = history([spell({ maybe: true })], [event({ maybe: true })]);
  assert.deepEqual(viewAt(told, 110, 0).doubt, { "fobs.open": [0, 1, 0], "events.violence": [0, 1, 0] });
  assert.deepEqual(viewAt(told, 110, 0, 110, "A1").doubt, {});
});

test("the window of events has its first and last day", () => {
  const told = history([], [event()]);
  const shown = (/** @type {number} */ start, /** @type {number} */ day) => viewAt(told, day, start).events.length;
  assert.deepEqual([shown(100, 100), shown(101, 110), shown(90, 99)], [1, 0, 0]);
});

test("an event that lasts is shown while any of its days is in the window", () => {
  const told = history([], [event({ from: 100, to: 120 })]);
  assert.equal(viewAt(told, 130, 115).events.length, 1);
  assert.equal(viewAt(told, 130, 121).events.length, 0);
});

test("a plan is shown before its day, and says when that has passed", () => {
  const told = history([], [event({ planned: true, from: 120, to: 120, end: 120, passed: "Outcome not known" })]);
  assert.deepEqual(viewAt(told, 110, 100, 130).events.map(([, line]) => line), ["Attack"]);
  assert.deepEqual(viewAt(told, 121, 100, 130).events.map(([, line]) => line), ["Outcome not known"]);
});

test("an event of an imprecise day is in doubt where some of its days are outside", () => {
  const told = history([], [event({ sure: [90, 120] })]);
  assert.deepEqual(viewAt(told, 110, 80).doubt, { "events.violence": [1, 0, 0] });
  assert.deepEqual(viewAt(told, 130, 80, 130).doubt, {});
});
