import assert from "node:assert/strict";
import { test } from "node:test";

import { numberIn } from "./look.js";
import { ringsOf } from "./overlays.js";

test("cells lie around their centres, by their letter", () => {
  const grid = {
    centres: [180, -720, 190, -730],
    units: 10,
    shape: /** @type {[number, number][]} */ ([[0.1, 0], [0, 0.1]]),
  };
  assert.deepEqual(ringsOf("2p", grid), { 2: [[[[18.1, -72], [18, -71.9]]]], p: [[[[19.1, -73], [19, -72.9]]]] });
});

for (
  const [text, expected] of /** @type {[string, number][]} */ ([
    ["lat=18.5", 18.5],
    ["lat=17", 17],
    ["lat=16.9", NaN],
    ["lat=", NaN],
    ["lat=x", NaN],
    ["", NaN],
  ])
) {
  test(`the address "${text}" has the latitude ${expected}`, () => {
    assert.equal(numberIn(new URLSearchParams(text), "lat", 17, 21), expected);
  });
}
