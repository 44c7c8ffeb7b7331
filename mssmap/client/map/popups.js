/*
 * What the map says about a record, a stack of them, or a place.
 */

/** @import { Item, Sheet, Stack } from "./sheet.js" */

import { bus } from "../shared/bus.js";
import { $ } from "../shared/dom.js";
import { isWeak } from "../shared/grades.js";
import { fill } from "../shared/words.js";

const HINTED = 4;

/** @type {L.Layer | null} */
let tip = null;

export function hideHint() {
  tip?.remove();
}

/**
 * The line of a record with its grade.
 * @param {Sheet} sheet
 * @param {Item} item
 */
export function graded(sheet, item) {
  if (!item.grade) return item.line;
  const weak = isWeak(item.grade) ? ` (${sheet.say("weak")})` : "";
  return `${item.line} · ${sheet.say("grade")} ${item.grade}${weak}`;
}

/**
 * A title with lines under it.
 * @param {string} title
 * @param {string[]} lines
 */
export function told(title, ...lines) {
  const box = $("div");
  box.append($("div", "mm-title", title), ...lines.map((line) => $("div", "mm-line", line)));
  return box;
}

/**
 * What lies under the hand.
 * @param {Sheet} sheet
 * @param {Stack} stack
 */
export function showHint(sheet, stack) {
  hideHint();
  const box = $("div");
  for (const item of stack.items.slice(0, HINTED)) {
    box.append($("div", "mm-title", item.name), $("div", "mm-line", graded(sheet, item)));
  }
  const more = stack.items.length - HINTED;
  if (more > 0) box.append($("div", "mm-line", fill(sheet.say("more"), { n: more })));
  const offset = [0, -sheet.manifest.sizes[stack.kind] / 2 - 2];
  tip = L.tooltip({ direction: "top", offset, opacity: 1 }).setLatLng(placeOf(sheet, stack)).setContent(box)
    .addTo(sheet.map);
}

/**
 * @param {Sheet} sheet
 * @param {Stack} stack
 */
const placeOf = (sheet, { place }) => sheet.map.layerPointToLatLng(L.point(place.x, place.y));

/**
 * @param {Sheet} sheet
 * @param {Stack} stack
 */
export function openStack(sheet, stack) {
  const at = placeOf(sheet, stack);
  if (stack.items.length === 1) select(sheet, stack.items[0], at);
  else openList(sheet, stack.items, at);
}

/**
 * Several records at one place, to choose from.
 * @param {Sheet} sheet
 * @param {Item[]} items
 * @param {L.Place} at
 */
export function openList(sheet, items, at) {
  const list = $("ul", "mm-list");
  for (const item of items) {
    const row = $("li");
    row.append(choice(sheet.glyph(item.symbol), item.name, item.line, () => select(sheet, item, at)));
    list.append(row);
  }
  const box = $("div");
  box.append($("div", "mm-title", fill(sheet.say("here"), { n: items.length })), list);
  openPopup(sheet.map, box, at);
}

/**
 * One of a list of records.
 * @param {Element} picture
 * @param {string} name
 * @param {string} line
 * @param {() => void} onClick
 */
export function choice(picture, name, line, onClick) {
  const made = $("button");
  const words = $("span");
  words.append($("div", "", name), $("div", "mm-line", line));
  made.type = "button";
  made.append(picture, words);
  made.addEventListener("click", onClick);
  return made;
}

/**
 * Says what a record is, here and on the page.
 * @param {Sheet} sheet
 * @param {Item} item
 * @param {L.Place} at
 */
export function select(sheet, item, at) {
  const precision = item.precision ? [sheet.say("precision_" + item.precision)] : [];
  openPopup(sheet.map, told(item.name, graded(sheet, item), ...precision), at);
  bus.tell("select", item.id);
}

/**
 * @param {L.Map} map
 * @param {HTMLElement} content
 * @param {L.Place} at
 */
export function openPopup(map, content, at) {
  hideHint();
  const options = { maxWidth: 320, minWidth: 200, autoPanPadding: [24, 48] };
  L.popup(options).setLatLng(at).setContent(content).openOn(map);
}
