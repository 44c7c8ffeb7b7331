/*
 * Whom the bases of a plan reach, and which of them are on.
 */

/** @import { Act, ReachMessage } from "./messages.js" */

/**
 * Whom each base reaches: for each base one bit a cell.
 * @typedef {{ ids: string[], people: number[], group: string, within: Uint8Array[], possible: Uint8Array[] }} Reach
 */

/**
 * @param {ReachMessage} told
 * @returns {Reach}
 */
export function unpackReach(told) {
  const bits = (/** @type {string} */ text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  return { ...told, within: told.within.map(bits), possible: told.possible.map(bits) };
}

/**
 * Cells and people covered by the bases that are on: the same rule as `plan.cells` in Python.
 * Cells: "2" two bases or more, "1" one, "p" at the best speed only, "0" none.
 * @param {Reach} reach
 * @param {Set<string>} on
 */
export function covered(reach, on) {
  const active = reach.ids.map((id, i) => (on.has(id) ? i : -1)).filter((i) => i >= 0);
  const letters = new Array(reach.people.length);
  let people = 0;
  let all = 0;
  reach.people.forEach((count, cell) => {
    const at = cell >> 3;
    const bit = 128 >> (cell & 7);
    let hits = 0;
    let maybe = false;
    for (const i of active) {
      if (reach.within[i][at] & bit) hits += 1;
      else if (reach.possible[i][at] & bit) maybe = true;
    }
    letters[cell] = hits > 1 ? "2" : hits ? "1" : maybe ? "p" : "0";
    if (hits) people += count;
    all += count;
  });
  return { cells: letters.join(""), people, percent: all ? (100 * people) / all : 0 };
}

/**
 * Ids of the bases that are on once these acts are done in their order.
 * @param {Iterable<string>} active
 * @param {Act[]} acts
 */
export function switched(active, acts) {
  const on = new Set(active);
  for (const act of acts) {
    if (act.kind === "switch") {
      if (act.on) on.add(act.base);
      else on.delete(act.base);
    }
    if (act.kind === "place") on.add(act.proposal);
    if (act.kind === "remove") on.delete(act.proposal);
    if (act.kind === "adopt") {
      if (act.clean) on.clear();
      act.sites.forEach((site) => on.add(site.id));
    }
  }
  return on;
}
