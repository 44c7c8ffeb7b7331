/* What is drawn for zones: each unit once, at its worst level, with what lies in it cut out. */

/** @import { ZonePlace } from "../shared/messages.js" */
/** @import { Zone } from "./sheet.js" */

import assert from "node:assert/strict";
import { test } from "node:test";
import { isNearEdge } from "./geometry.js";
import { thingsOf } from "./zones.js";

const LEVELS = ["controlled", "contested", "influence", "attacks"];

/**
 * @param {string} id
 * @param {string} level
 * @param {Partial<ZonePlace>} place
 * @param {number} dim
 * @returns {Zone}
 */
const zone = (id, level, place, dim = 0) => ({
  ...{ id, level, dim, symbol: "gang_zones." + level, line: "", name: id, grade: "B2" },
  place: { how: "units", units: [], at: [18.5, -72.3], m: 500, ...place },
});

test("a unit is drawn once, at the worst level of the zones that name it", () => {
  const zones = [zone("a", "influence", { units: ["HT0111"] }), zone("b", "controlled", { units: ["HT0111"] }, 1)];
  const [thing, ...others] = thingsOf(zones, LEVELS, "a");
  assert.deepEqual(others, []);
  assert.deepEqual([thing.level, thing.dim, thing.chosen, thing.zones.length], ["controlled", true, true, 2]);
});

test("a section is cut out of its commune, not out of a department that is only counted", () => {
  const zones = [
    zone("c", "controlled", { units: ["HT0111"] }),
    zone("s", "contested", { units: ["HT0111-01"] }),
    zone("n", "influence", { how: "count", units: ["HT01"], value: 8 }),
  ];
  assert.deepEqual(thingsOf(zones, LEVELS, null).map(({ key, inner }) => [key, inner]), [
    ["units HT0111", ["HT0111-01"]],
    ["units HT0111-01", []],
    ["count HT01", []],
  ]);
});

test("spots stand for themselves, shares of the same communes are one", () => {
  /** @type {Partial<ZonePlace>} */
  const share = { how: "share", units: ["HT0111", "HT0112"] };
  const zones = [
    ...[zone("x", "controlled", { how: "spot" }), zone("y", "controlled", { how: "spot" })],
    ...[zone("a", "influence", { ...share, value: 80 }), zone("b", "influence", { ...share, value: 90 })],
  ];
  const keys = thingsOf(zones, LEVELS, null).map(({ key, units }) => [key, units.length]);
  assert.deepEqual(keys, [["spot x", 0], ["spot y", 0], ["share HT0111 HT0112", 2]]);
});

test("near an edge is within so many metres of it, on either side", () => {
  /** @type {[number, number][]} */
  const ring = [[-72.4, 18.5], [-72.3, 18.5], [-72.3, 18.6], [-72.4, 18.6], [-72.4, 18.5]];
  const shape = { type: /** @type {const} */ ("Polygon"), coordinates: [ring] };
  // 0.001 degrees of latitude are 111 m
  assert.equal(isNearEdge(shape, { lat: 18.501, lng: -72.35 }, 120), true);
  assert.equal(isNearEdge(shape, { lat: 18.499, lng: -72.35 }, 120), true);
  assert.equal(isNearEdge(shape, { lat: 18.502, lng: -72.35 }, 120), false);
});
