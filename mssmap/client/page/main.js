/*
 * The script of the pages: all components of ours by their names. They get JSON and build the page with textContent.
 */

/** @import { Component, Manifest } from "../shared/messages.js" */

import { readJson } from "../shared/files.js";
import { note } from "../shared/probe.js";
import { standard, travel } from "./assumptions.js";
import { bases } from "./bases.js";
import { body, bridge } from "./bridge.js";
import { dial } from "./dial.js";
import { figures } from "./figures.js";
import { knowGlyphs } from "./glyphs.js";
import { grade } from "./grade.js";
import { hand } from "./hand.js";
import { beginHand } from "./in_hand.js";
import { layers } from "./layers.js";
import { live, watchPage } from "./live.js";
import { actButton, coordinates, proposals } from "./proposals.js";
import { reach } from "./reach.js";
import { record } from "./record.js";
import { roads } from "./roads.js";
import { saved } from "./saved.js";
import { spot } from "./spot.js";
import { twin } from "./table.js";
import { lanes, strip } from "./timeline.js";
import { words } from "./words.js";

/** Components that change a plan. */
const OF_A_PLAN = { act: actButton, bases, coordinates, hand, proposals, roads, saved, standard, travel };

/** The names are those that Python knows (ui/components.py); what each of them gets is in shared/messages.js. */
const COMPONENTS = {
  ...OF_A_PLAN,
  ...{ body, bridge, dial, figures, grade, lanes, layers, live, reach, record, spot, strip, twin, words },
};

let isStarted = false;

/**
 * The first component brings the address of the manifest, in which our symbols are.
 * @param {string} manifest
 */
function begin(manifest) {
  if (isStarted) return;
  isStarted = true;
  watchPage();
  readJson(manifest).then(
    (found) => knowGlyphs(/** @type {Manifest} */ (found).symbols),
    () => knowGlyphs({}), // the map says that it is not there
  );
}

/**
 * Draws a component of a page.
 * @param {string} name
 * @param {Component<unknown>} component
 * @param {string} manifest
 */
export function mount(name, component, manifest) {
  begin(manifest);
  if (name in OF_A_PLAN) beginHand();
  const own = /** @type {Record<string, (component: Component<never>) => void>} */ (COMPONENTS)[name];
  own(/** @type {Component<never>} */ (component));
}

note({}); // the page need not say that it could not start, see page.css
