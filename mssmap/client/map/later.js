/*
 * Files that are read when they are wanted: the map says that one did not come, and goes on without it.
 */

/** @import { Sheet } from "./sheet.js" */

import { $ } from "../shared/dom.js";
import { readJson } from "../shared/files.js";

/**
 * @param {Sheet} sheet
 * @param {string} url
 * @param {(url: string) => Promise<unknown>} [read]
 * @returns {Promise<unknown>}  undefined if it did not come
 */
export async function readLater(sheet, url, read = readJson) {
  try {
    return await read(url);
  } catch {
    sayMissing(sheet);
    return undefined;
  }
}

/** @param {Sheet} sheet */
function sayMissing(sheet) {
  if (document.querySelector(".mm-missing")) return;
  const text = sheet.say("missing") || "A file of the map did not come. Load the page again.";
  noteOnMap(sheet.map, $("div", "mm-box mm-fault mm-missing", text));
}

/**
 * @param {L.Map} map
 * @param {HTMLElement} node
 */
export function noteOnMap(map, node) {
  const control = L.control({ position: "topright" });
  control.onAdd = () => node;
  control.addTo(map);
}
