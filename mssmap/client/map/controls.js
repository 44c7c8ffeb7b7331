/*
 * What stands on the map: as-of line, extents, legend, north arrow, scale bar, where the hand is.
 */

/** @import { Jump } from "../shared/messages.js" */

import { $, button } from "../shared/dom.js";
import { parseSvg } from "./sheet.js";

const NORTH = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 18 28"><path d="M9 9 14 24 9 20.5 4 24Z" ' +
  'fill="currentColor"/><text x="9" y="7.4" text-anchor="middle" font-size="8.5" font-weight="700" ' +
  'fill="currentColor">N</text></svg>';

/** @typedef {ReturnType<typeof addControls>} Controls */

/**
 * A box of our own on the map; what happens in it is not a click on the map.
 * @template {HTMLElement} T
 * @param {L.Map} map
 * @param {string} position
 * @param {T} node
 * @returns {T}
 */
export function addBox(map, position, node) {
  const control = L.control({ position });
  control.onAdd = () => {
    L.DomEvent.disableClickPropagation(node);
    L.DomEvent.disableScrollPropagation(node);
    return node;
  };
  control.addTo(map);
  return node;
}

/**
 * @param {L.Map} map
 * @param {Jump[]} jumps
 * @param {(jump: Jump) => void} onJump
 */
export function addControls(map, jumps, onJump) {
  const banner = addBox(map, "topleft", $("div", "mm-box mm-asof"));
  banner.parentElement?.prepend(banner);
  const bar = $("div", "mm-box mm-jump");
  for (const jump of jumps) {
    const made = button(jump.n.en, () => onJump(jump));
    made.dataset.jump = jump.id;
    bar.append(made);
  }
  addBox(map, "topleft", bar);
  const legend = addBox(map, "topright", $("details", "mm-box mm-legend"));
  const north = $("div", "mm-box mm-north");
  north.append(parseSvg(NORTH));
  north.setAttribute("role", "img");
  north.setAttribute("aria-label", "North is up");
  addBox(map, "bottomleft", north);
  L.control.scale({ imperial: false, maxWidth: 130, position: "bottomleft" }).addTo(map);
  const where = addBox(map, "bottomleft", $("div", "mm-where"));
  const hint = addBox(map, "bottomleft", $("div", "mm-where mm-hint"));
  return { banner, hint, legend, where, attribution: map.attributionControl.getContainer() };
}
