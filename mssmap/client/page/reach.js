/*
 * A toggle of a base, on the map and in the first figure before Python has worked out the others.
 */

/**
 * @import { Reach } from "../shared/coverage.js"
 * @import { Component, ReachMessage } from "../shared/messages.js"
 */

import { bus } from "../shared/bus.js";
import { covered, unpackReach } from "../shared/coverage.js";
import { grouped } from "../shared/words.js";

/** @type {Reach | null} */
let reached = null;

/**
 * Whom each base reaches: kept so that a toggle is painted at once.
 * @param {Component<ReachMessage>} component
 */
export function reach({ data }) {
  reached = unpackReach(data);
}

/** @param {string[]} on  ids of the bases that are on */
export function paint(on) {
  if (!reached) return;
  const { cells, people, percent } = covered(reached, new Set(on));
  bus.tell("headline", { value: grouped(people, reached.group), of: `${Math.round(percent)} %` });
  requestAnimationFrame(() => bus.tell("plan", { cells, on })); // the figure is on screen by then
}
