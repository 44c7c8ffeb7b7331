/*
 * Asking the map: what is here?
 */

/** @import { Sheet } from "./sheet.js" */

import { fill, inWords } from "../shared/words.js";
import { isNear, loadClose, loadCommunes, outlinesKnown } from "./areas.js";
import { isInShape } from "./geometry.js";
import { openList, openPopup, select, told } from "./popups.js";
import { zonesAt } from "./zones.js";

/**
 * @param {Sheet} sheet
 * @param {L.LatLng} at
 */
function departmentAt(sheet, at) {
  return outlinesKnown(sheet).departments.features.find(({ geometry }) => isInShape(geometry, at));
}

/**
 * The zone at a place, a choice of several, or the region.
 * @param {Sheet} sheet
 * @param {L.LatLng} at
 */
export function tellWhatIsHere(sheet, at) {
  const zones = zonesAt(sheet, at);
  if (zones.length === 1) select(sheet, zones[0], at);
  else if (zones.length > 1) openList(sheet, zones, at);
  else openRegion(sheet, at);
}

/**
 * @param {Sheet} sheet
 * @param {L.LatLng} at
 */
async function openRegion(sheet, at) {
  if (isNear(sheet)) await loadClose(sheet);
  const department = departmentAt(sheet, at);
  if (!department || !(await loadCommunes(sheet))) return;
  const { communes, sections } = outlinesKnown(sheet);
  const commune = communes?.features.find(({ geometry }) => isInShape(geometry, at));
  const section = isNear(sheet) && sections?.features.find(({ geometry }) => isInShape(geometry, at));
  const { n, pcode, population, population_year: year } = (commune || department).properties;
  const lines = [`${sheet.nameOf(department.properties)} · ${pcode}`];
  if (section) lines.push(`${sheet.say("section")}: ${sheet.nameOf(section.properties)} · ${section.properties.pcode}`);
  const { choropleth, lang } = sheet.view;
  if (population) lines.push(fill(sheet.say("population"), { n: inWords(population, lang), year }));
  const code = choropleth?.level === "communes" ? pcode : department.properties.pcode;
  const value = choropleth?.values[code];
  if (choropleth && value !== undefined) lines.push(`${choropleth.title}: ${value.toLocaleString()}`);
  openPopup(sheet.map, told(sheet.nameOf({ n }), ...lines), at);
}

let isHovering = false;

/**
 * Says where the hand is, once a frame.
 * @param {Sheet} sheet
 * @param {L.LatLng} at
 * @param {HTMLElement} where
 */
export function tellWhere(sheet, at, where) {
  if (isHovering) return;
  isHovering = true;
  requestAnimationFrame(() => {
    isHovering = false;
    const department = departmentAt(sheet, at);
    const name = department ? " · " + sheet.nameOf(department.properties) : "";
    where.textContent = `${at.lat.toFixed(3)}, ${at.lng.toFixed(3)}${name}`;
    sheet.map.getContainer().style.cursor = zonesAt(sheet, at).length ? "pointer" : "";
  });
}
