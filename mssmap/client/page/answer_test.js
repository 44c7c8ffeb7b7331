import assert from "node:assert/strict";
import { test } from "node:test";

import { addressOf } from "./answer.js";

test("the address of a view has what the hand changed, and is the same for all who look at it", () => {
  const base = "lang=ht&known_on=2026-11-22&data=m";
  const moved = new Map([["as_of", "2025-01-18"], ["layers", "none"]]);
  const whole = "view?as_of=2025-01-18&data=m&known_on=2026-11-22&lang=ht&layers=none";
  assert.equal(addressOf(base, moved), whole);
  assert.equal(addressOf("as_of=2024-01-01&" + base, new Map([...moved].reverse())), whole);
});
