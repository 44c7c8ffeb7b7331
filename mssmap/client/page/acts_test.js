/** @import { PlanState } from "../shared/messages.js" */

import assert from "node:assert/strict";
import { test } from "node:test";

import { keyOf, later, parsed, readKey } from "./acts.js";

/**
 * @param {number} version
 * @param {string} name
 * @returns {PlanState}
 */
const state = (version, name) => ({
  ...{ id: "p", name, version, at: "", by: "", deleted: false, active: [], undo: false, redo: false },
});

test("the later version of a plan counts, of one version the second", () => {
  assert.equal(later(undefined, state(1, "told")).name, "told");
  assert.equal(later(state(2, "known"), state(1, "told")).name, "known");
  assert.equal(later(state(2, "known"), state(2, "told")).name, "told");
});

test("a key says whose act it is, when it was done and where", () => {
  assert.deepEqual(readKey(keyOf("ana", 1234, "tab")), { person: "ana", at: 1234, tab: "tab" });
  assert.equal(readKey("mssmap.tab"), null);
});

test("keys are in the order of the acts", () => {
  const keys = [1000, 200, 30_000].map((at) => keyOf("ana", at, "tab"));
  assert.deepEqual([...keys].sort(), [keys[1], keys[0], keys[2]]);
});

test("an act that cannot be read is none", () => {
  assert.equal(parsed("{"), null);
  assert.equal(parsed(null), null);
  assert.deepEqual(parsed('{"kind":"undo","plan":"p","id":"1"}'), { kind: "undo", plan: "p", id: "1" });
});
