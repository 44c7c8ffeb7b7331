/*
 * The legend, and the line that says of which day the map is.
 */

/**
 * @import { ChoroplethMessage, LegendGroup } from "../shared/messages.js"
 * @import { Controls } from "./controls.js"
 * @import { Sheet } from "./sheet.js"
 */

import { bus } from "../shared/bus.js";
import { dayInWords } from "../shared/days.js";
import { $ } from "../shared/dom.js";
import { note } from "../shared/probe.js";
import { headOf } from "../shared/symbols.js";
import { fill, inWords, nameIn } from "../shared/words.js";
import { byLayer, classWords, counted, countsOf, tallied } from "./counting.js";
import { changeMark } from "./symbols.js";

/**
 * Counts of the legend from the records in hand.
 * @param {Sheet} sheet
 */
export function recount(sheet) {
  const { manifest, shapes, view } = sheet;
  const tally = tallied(view, shapes.records.events);
  view.legend = counted(view.legend, tally);
  const isSplit = (/** @type {string} */ head) => head === view.zone_layer || head in manifest.sizes;
  bus.tell("counts", { ...byLayer(tally, view.doubt, isSplit), window: windowWords(sheet) });
}

/**
 * The days whose events are counted, in words.
 * @param {Sheet} sheet
 */
function windowWords(sheet) {
  const { end, history, months, start } = sheet.view;
  if (!history) return "";
  return fill(sheet.say("window"), { first: dayInWords(start, months), last: dayInWords(end, months) });
}

/**
 * @param {Sheet} sheet
 * @param {Controls} controls
 */
export function drawBanner({ manifest, view }, { banner }) {
  banner.replaceChildren($("b", "", view.banner.title), " ", $("span", "", view.banner.sub));
  for (const button of document.querySelectorAll(".mm-jump button")) {
    const jump = manifest.jumps.find(({ id }) => button instanceof HTMLElement && id === button.dataset.jump);
    if (jump) button.textContent = nameIn(jump.n, view.lang);
  }
  note({ counts: countsOf(view.legend) });
}

/**
 * Who is named below the map, and how one gets streets where there are none.
 * @param {Sheet} sheet
 * @param {Controls} controls
 * @param {{ isMissed: boolean }} streets
 */
export function drawCredit(sheet, { attribution, hint }, { isMissed }) {
  const { manifest, view } = sheet;
  const streets = sheet.hasStreets && view.streets ? [view.streets.credit] : [];
  attribution.textContent = [view.banner.source, ...streets, ...manifest.credits].join(" · ");
  hint.textContent = isMissed ? sheet.say("streets_hint") : "";
}

let legendKey = "";

/**
 * @param {Sheet} sheet
 * @param {HTMLDetailsElement} legend
 */
export function drawLegend(sheet, legend) {
  const { view } = sheet;
  const key = JSON.stringify([
    ...[view.legend, view.start, view.end, [...view.on], view.choropleth],
    ...[view.changed, view.notes, view.lang],
  ]);
  if (key === legendKey) return;
  legendKey = key;
  const isOpen = legend.open;
  legend.replaceChildren(
    $("summary", "", sheet.say("legend")),
    ...view.legend.flatMap((group) => groupNodes(sheet, group)),
    ...changeNodes(sheet),
    ...(view.choropleth ? [$("h4", "", view.choropleth.title), choroplethKey(sheet, view.choropleth)] : []),
    ...view.notes.map((words) => $("p", "", words)),
  );
  legend.open = isOpen;
}

/**
 * A row: pictures, what they mean, a number.
 * @param {Element[]} pictures
 * @param {string} label
 * @param {string | number} [number]
 */
function row(pictures, label, number) {
  const made = $("li");
  made.append(...pictures, $("span", "", label), $("span", "", number));
  return made;
}

/**
 * @param {Sheet} sheet
 * @param {LegendGroup} group
 */
function groupNodes(sheet, group) {
  const items = group.items.filter((item) =>
    (item.layers || [item.symbol].flat()).some((symbol) => sheet.isOn(symbol)) && item.count !== 0
  );
  if (!items.length) return [];
  const list = $("ul");
  list.append(
    ...items.map(({ symbol, label, count }) =>
      row([symbol].flat().map((name) => sheet.glyph(name)), label, count ?? "")
    ),
  );
  if (items.some(({ symbol }) => headOf([symbol].flat()[0]) === sheet.view.zone_layer)) list.append(...zoneKeys(sheet));
  const title = [group.label, group.timed && windowWords(sheet)].filter(Boolean).join(", ");
  return [$("h4", "", title), list];
}

/**
 * What hatch, spot and border mean, of those that are drawn.
 * @param {Sheet} sheet
 */
const zoneKeys = (sheet) =>
  /** @type {const} */ (["units", "spot", "count"]).filter((how) => sheet.things.some((one) => one.how === how))
    .map((how) => row([sheet.glyph("zone_" + how)], sheet.say("zone_" + how)));

/** @param {Sheet} sheet */
function changeNodes(sheet) {
  const kinds = [...new Set(Object.values(sheet.view.changed))];
  if (!kinds.length) return [];
  const list = $("ul");
  list.append(...kinds.map((kind) => row([changeMark(sheet, kind)], sheet.say("change_" + kind))));
  return [$("h4", "", sheet.say("changes")), list];
}

/**
 * @param {Sheet} sheet
 * @param {ChoroplethMessage} choropleth
 */
function choroplethKey(sheet, { breaks, hatched, unit }) {
  const list = $("ul");
  const words = classWords(breaks, (n) => inWords(n, sheet.view.lang));
  sheet.manifest.classes.slice(0, breaks.length + 1).forEach((colour, i) => {
    const swatch = $("span", "mm-swatch");
    swatch.style.background = colour;
    list.append(row([swatch], words[i], i === 0 ? unit : ""));
  });
  if (hatched.length) list.append(row([$("span", "mm-swatch mm-hatched")], sheet.say("hatched")));
  return list;
}
