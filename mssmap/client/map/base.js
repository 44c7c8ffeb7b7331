/*
 * The background: land, waters, roads, borders, and regions painted by a figure.
 */

/**
 * @import { ChoroplethMessage, Collection, Feature, Region, Road, TileChoice } from "../shared/messages.js"
 * @import { Sheet } from "./sheet.js"
 */

import { isNear, loadClose, loadCommunes, outlinesDrawn } from "./areas.js";
import { shaped } from "./sheet.js";

/**
 * Each pane is drawn anew only when something in it changed.
 * @param {Sheet} sheet
 * @param {() => void} again  what to do when outlines have come
 */
export function drawBase(sheet, again) {
  const { panes, palette, tiles, view } = sheet;
  fetchOutlines(sheet, again);
  const outlines = outlinesDrawn(sheet);
  const near = outlines === sheet.close;
  const departmentsOn = view.on.has("departments");
  const communesOn = view.on.has("communes") && Boolean(outlines.communes);
  const key = [palette.land, tiles !== null, near, sheet.hasStreets];
  panes["mm-base"].draw(JSON.stringify(key), (pane) => (tiles ? [] : drawLand(sheet, pane)));
  panes["mm-lines"].draw(JSON.stringify([...key, departmentsOn, communesOn]), (pane) => [
    ...(tiles ? [] : drawWays(sheet, pane)),
    ...drawBorders(sheet, pane, departmentsOn, communesOn),
  ]);
  drawChoropleth(sheet);
}

/**
 * Fetches the outlines that are wanted and not here yet.
 * @param {Sheet} sheet
 * @param {() => void} again
 */
function fetchOutlines(sheet, again) {
  const { view } = sheet;
  const wantsCommunes = view.on.has("communes") || view.choropleth?.level === "communes";
  if (wantsCommunes && !outlinesDrawn(sheet).communes) loadCommunes(sheet).then((came) => came && again());
  if (isNear(sheet)) loadClose(sheet).then((came) => came && again());
}

/**
 * @param {Sheet} sheet
 * @param {L.Options} pane
 */
function drawLand(sheet, pane) {
  const { neighbour, land, coast } = sheet.palette;
  const outlines = outlinesDrawn(sheet);
  return [
    shaped(outlines.neighbours, { ...pane, fillColor: neighbour, fillOpacity: 1, color: coast, weight: 0.6 }),
    shaped(outlines.land, { ...pane, fillColor: land, fillOpacity: 1, color: coast, weight: 1 }),
  ];
}

/**
 * Waters and roads.
 * @param {Sheet} sheet
 * @param {L.Options} pane
 */
function drawWays({ hasStreets, shapes, palette }, pane) {
  /**
   * @param {string[]} classes
   * @param {L.Options} style
   */
  const road = (classes, style) => {
    const filter = (/** @type {Feature<Road>} */ f) => classes.includes(f.properties.class);
    return shaped(shapes.roads, { ...pane, fill: false, ...style }, { filter });
  };
  const waters = [
    shaped(shapes.lakes, { ...pane, fillColor: palette.lake, fillOpacity: 1, color: palette.coast, weight: 0.6 }),
    shaped(shapes.rivers, { ...pane, color: palette.river, weight: 1.2, fill: false }),
  ];
  if (hasStreets) return waters; // the coarse roads would lie beside the true ones
  return [
    ...waters,
    road(["departmental", "communal", "urban"], { color: palette.minor, weight: 1.1 }),
    road(["national"], { color: palette.casing, weight: 3.6, opacity: 0.9 }),
    road(["national"], { color: palette.road, weight: 1.9 }),
  ];
}

/**
 * @param {Sheet} sheet
 * @param {L.Options} pane
 * @param {boolean} departmentsOn
 * @param {boolean} communesOn
 */
function drawBorders(sheet, pane, departmentsOn, communesOn) {
  const { palette, tiles } = sheet;
  const { communes, departments, sections } = outlinesDrawn(sheet);
  const lines = [];
  if (communesOn && sections) {
    lines.push(shaped(sections, { ...pane, fill: false, color: palette.commune, weight: 0.5, dashArray: "1 3" }));
  }
  if (departmentsOn) {
    const dashArray = tiles ? null : "1 0";
    lines.push(shaped(departments, { ...pane, fill: false, color: palette.department, weight: 1.3, dashArray }));
  }
  if (communesOn && communes) {
    lines.push(shaped(communes, { ...pane, fill: false, color: palette.commune, weight: 0.8, dashArray: "3 2" }));
  }
  return lines;
}

/**
 * Class of a value: how many of the breaks it is above.
 * @param {number} value
 * @param {number[]} breaks
 */
export const classIn = (value, breaks) => breaks.filter((limit) => value > limit).length;

/**
 * Regions painted by a figure, and hatched where nobody reported lately.
 * @param {Sheet} sheet
 */
function drawChoropleth(sheet) {
  const { manifest: { classes }, panes, palette, view } = sheet;
  const chosen = view.choropleth;
  const outlines = outlinesDrawn(sheet);
  const regions = chosen?.level === "communes" ? outlines.communes : outlines.departments;
  if (!regions) return; // the outlines are on their way
  const key = JSON.stringify([chosen, palette.land, outlines === sheet.close]);
  panes["mm-fill"].draw(
    key,
    (pane) => (chosen ? [painted(regions, chosen, pane, { border: palette.border, classes })] : []),
  );
  panes["mm-hatch"].draw(key, (pane) => (chosen ? [hatched(regions, chosen, pane)] : []));
}

/**
 * @param {Collection<Region>} regions
 * @param {ChoroplethMessage} chosen
 * @param {L.Options} pane
 * @param {{ border: string, classes: string[] }} colours
 */
function painted(regions, chosen, pane, { border, classes }) {
  return shaped(regions, pane, {
    filter: ({ properties }) => properties.pcode in chosen.values,
    style: ({ properties }) => ({
      fillColor: classes[classIn(chosen.values[properties.pcode], chosen.breaks)],
      fillOpacity: 0.82,
      color: border,
      weight: 0.5,
    }),
  });
}

/**
 * @param {Collection<Region>} regions
 * @param {ChoroplethMessage} chosen
 * @param {L.Options} pane
 */
function hatched(regions, chosen, pane) {
  const style = { ...pane, fillColor: "url(#silence)", fillOpacity: 1, stroke: false };
  return shaped(regions, style, { filter: ({ properties }) => chosen.hatched.includes(properties.pcode) });
}

/**
 * Online tiles in place of the background; whether that is another choice than before.
 * @param {Sheet} sheet
 * @param {TileChoice | null} choice
 */
export function setTiles(sheet, choice) {
  if ((sheet.tiles?._url ?? null) === (choice?.url ?? null)) return false;
  sheet.tiles?.remove();
  const options = { maxZoom: 18, attribution: "", ...choice?.options };
  sheet.tiles = choice ? L.tileLayer(choice.url, options).addTo(sheet.map) : null;
  return true;
}
