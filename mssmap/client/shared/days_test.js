import assert from "node:assert/strict";
import { test } from "node:test";

import { addMonths, dateOf, dayInWords, dayOf, isoOf } from "./days.js";

const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");

test("a day is a number since 1970", () => {
  assert.equal(dayOf(1970, 0, 1), 0);
  assert.equal(dayOf(2025, 0, 18), 20106);
  assert.equal(isoOf(20106), "2025-01-18");
});

test("a date has its parts, also before 1970", () => {
  assert.deepEqual(dateOf(20106), { year: 2025, month: 0, date: 18 });
  assert.deepEqual(dateOf(-1), { year: 1969, month: 11, date: 31 });
});

test("months beyond the year count on", () => {
  assert.equal(isoOf(dayOf(2024, 12)), "2025-01-01");
  assert.equal(isoOf(dayOf(2024, -1, 31)), "2023-12-31");
});

for (
  const [from, n, to] of /** @type {[number, number, string][]} */ ([
    [dayOf(2025, 0, 31), 1, "2025-02-28"],
    [dayOf(2024, 0, 31), 1, "2024-02-29"],
    [dayOf(2025, 2, 31), -1, "2025-02-28"],
    [dayOf(2025, 11, 15), 1, "2026-01-15"],
    [dayOf(2025, 0, 15), -1, "2024-12-15"],
  ])
) test(`${isoOf(from)} and ${n} month is ${to}`, () => assert.equal(isoOf(addMonths(from, n)), to));

test("a day in words", () => assert.equal(dayInWords(20106, MONTHS), "18 Jan 2025"));
