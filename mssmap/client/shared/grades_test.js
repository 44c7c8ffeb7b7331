import assert from "node:assert/strict";
import { test } from "node:test";

import { isWeak, LOWEST, passes } from "./grades.js";
import { headOf, isAmong } from "./symbols.js";

for (
  const [grade, least, expected] of /** @type {[string, string, boolean][]} */ ([
    ["B2", "B2", true],
    ["A1", "B2", true],
    ["C2", "B2", false],
    ["B3", "B2", false],
    ["A6", "B2", false],
    ["F6", LOWEST, true],
    ["F6", "E5", false],
  ])
) {
  test(`${grade} ${expected ? "reaches" : "does not reach"} ${least}`, () => {
    assert.equal(passes(grade, least), expected);
  });
}

test("doubtful information is weak, whatever its source", () => {
  assert.equal(isWeak("A4"), true);
  assert.equal(isWeak("F3"), false);
  assert.equal(isWeak(null), false);
});

test("a layer that is on shows all its states", () => {
  const on = new Set(["fobs", "prisons.emptied"]);
  assert.equal(headOf("fobs.planned"), "fobs");
  assert.equal(isAmong(on, "fobs.planned"), true);
  assert.equal(isAmong(on, "prisons.emptied"), true);
  assert.equal(isAmong(on, "prisons.damaged"), false);
});
