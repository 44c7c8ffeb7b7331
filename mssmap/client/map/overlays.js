/*
 * What lies over the background and below the symbols: cells and closed roads of a plan, imports, discs.
 */

/**
 * @import { Feature, Grid, ImportedPart } from "../shared/messages.js"
 * @import { Mark, Sheet } from "./sheet.js"
 */

import { bus } from "../shared/bus.js";
import { note } from "../shared/probe.js";
import { readLater } from "./later.js";
import { openPopup, told } from "./popups.js";
import { shaped } from "./sheet.js";

/**
 * The outlines of cells by their letter.
 * @param {string} letters  one for each cell
 * @param {Grid} grid
 */
export function ringsOf(letters, grid) {
  /** @type {Record<string, number[][][][]>} */
  const rings = {};
  for (let i = 0; i < letters.length; i += 1) {
    const lat = grid.centres[2 * i] / grid.units;
    const lon = grid.centres[2 * i + 1] / grid.units;
    (rings[letters[i]] ||= []).push([grid.shape.map(([dlat, dlon]) => [lat + dlat, lon + dlon])]);
  }
  return rings;
}

/**
 * The cells of a plan: one shape for all cells of a class, so that a toggle redraws four shapes.
 * @param {Sheet} sheet
 */
export function drawCells(sheet) {
  const { manifest, panes, view } = sheet;
  const wanted = sheet.isOn("plan") ? view.cells : "";
  if (wanted && !sheet.grid) {
    readLater(sheet, sheet.files.grid).then((grid) => {
      if (!grid) return;
      sheet.grid = /** @type {Grid} */ (grid);
      drawCells(sheet);
    });
    return;
  }
  panes["mm-cells"].draw(wanted, (pane) => {
    const rings = sheet.grid ? ringsOf(wanted, sheet.grid) : {};
    note({ cells: (rings["1"] || []).length + (rings["2"] || []).length });
    return Object.entries(rings).filter(([letter]) => manifest.cells[letter][1]).map(([letter, shape]) => {
      const [color] = manifest.cells[letter];
      // opaque on a pale pane: where cells touch, no seam shows
      const style = { fillOpacity: 1, fillColor: color, color, weight: 1, smoothFactor: 0 };
      return L.polygon(shape, { ...pane, interactive: false, ...style });
    });
  });
}

/**
 * Roads of a plan that are closed, over the roads as they are drawn.
 * @param {Sheet} sheet
 */
export function drawClosures(sheet) {
  const { manifest, panes, shapes, view } = sheet;
  const closed = sheet.isOn("plan") ? view.closures : [];
  panes["mm-closures"].draw(closed.join(), (pane) => {
    const style = { ...pane, color: manifest.closure, weight: 3, dashArray: "6 4", fill: false };
    return closed.length ? [shaped(shapes.roads, style, { filter: (f) => closed.includes(f.properties.id) })] : [];
  });
  note({ closures: closed.length });
}

// ----------------------------------------------------------------------------------------------------------- imports

/**
 * What people imported: fetched when it is first switched on, or looked at before it is stored.
 * @param {Sheet} sheet
 */
export function drawImports(sheet) {
  const { files, panes, view } = sheet;
  const kinds = ["points", "shapes"].filter((kind) =>
    (files.imports || view.preview.length) && sheet.isOn("imports." + kind)
  );
  if (kinds.length && files.imports && !sheet.imports) {
    readLater(sheet, files.imports).then((found) => {
      if (!found) return;
      sheet.imports = /** @type {ImportedPart[]} */ (found);
      drawImports(sheet);
    });
    return;
  }
  const ink = document.documentElement.classList.contains("dark") ? "#F0E442" : "#1c2730";
  const looks = view.preview.map((
    part,
  ) => [part.title, part.points.length, part.shapes.length, part.seen, part.before]);
  panes["mm-imports"].draw(ink + kinds.join() + JSON.stringify(looks), (pane) => {
    const style = { ...pane, color: ink, fillColor: "#F0E442", weight: 1.4 };
    const layers = [...(sheet.imports || []), ...view.preview].flatMap((part) => [
      ...(kinds.includes("points") ? importedPoints(sheet, part, style) : []),
      ...(kinds.includes("shapes") && part.shapes.length ? [importedShapes(sheet, part, style)] : []),
    ]);
    note({ imports: layers.length });
    return layers;
  });
}

/**
 * @param {L.Place} at
 * @param {L.Options} style
 */
const importedPoint = (at, style) => L.circleMarker(at, { radius: 4.5, fillOpacity: 0.95, ...style });

/**
 * What gives way is a ring without a filling.
 * @param {ImportedPart} part
 * @param {L.Options} style
 */
const lookOf = ({ before }, style) =>
  before ? { ...style, radius: 8, fillOpacity: 0, dashArray: "3 3", weight: 2 } : style;

/**
 * @param {Sheet} sheet
 * @param {ImportedPart} part
 * @param {L.Options} style
 */
const importedPoints = (sheet, part, style) =>
  part.points.map(([lat, lon, words]) =>
    tellAt(sheet, importedPoint([lat, lon], lookOf(part, style)), part.title, words, "imports.points")
  );

/**
 * @param {Sheet} sheet
 * @param {ImportedPart} part
 * @param {L.Options} style
 */
function importedShapes(sheet, part, style) {
  return L.geoJSON({ type: "FeatureCollection", features: part.shapes }, {
    pane: style.pane,
    style: (/** @type {Feature<{ w: string }>} */ { geometry }) => {
      return { ...style, dashArray: "6 3", fillOpacity: part.before ? 0 : 0.25, fill: /Polygon/.test(geometry.type) };
    },
    pointToLayer: (_feature, at) => importedPoint(at, style),
    onEachFeature: ({ properties }, layer) => {
      tellAt(sheet, layer, part.title, properties.w, "imports.shapes");
    },
  });
}

/**
 * Tell the page what a click names: where a base is to be, or where something was, as exactly as a pixel is large.
 * @param {Sheet} sheet
 * @param {{ lat: number, lng: number }} at
 */
export function tellPlaced({ map, view }, { lat, lng }) {
  if (view.placing === "base") bus.tell("placed", [lat, lng]);
  else bus.tell("spotted", { lat, lon: lng, digits: map.getZoom() >= 14 ? 4 : map.getZoom() >= 10 ? 3 : 2 });
}

/**
 * A click on something imported says what it is.
 * @param {Sheet} sheet
 * @param {L.Layer} layer
 * @param {string} title
 * @param {string} words
 * @param {string} symbol
 */
function tellAt(sheet, layer, title, words, symbol) {
  return layer.on("click", (event) => {
    L.DomEvent.stop(event);
    if (sheet.view.placing) tellPlaced(sheet, event.latlng);
    else openPopup(sheet.map, told(words || title, `${sheet.say(symbol)} · ${title}`), event.latlng);
  });
}

// ------------------------------------------------------------------------------------------------------------- discs

/**
 * Radius in metres of the disc of a place that is known no better.
 * @type {Record<string, number>}
 */
const DISC_M = { commune: 3000, department: 12000 };

/**
 * A place known only to its commune or department is a disc, not a pin.
 * @param {Sheet} sheet
 * @param {Mark[]} marks
 */
export function drawDiscs(sheet, marks) {
  const { discs, map, palette, panes } = sheet;
  const rough = new Map(marks.filter((p) => p.kind !== "events" && DISC_M[p.precision]).map((p) => [p.id, p]));
  for (const [id, disc] of discs) {
    if (rough.has(id)) continue;
    disc.remove();
    discs.delete(id);
  }
  for (const [id, { at, precision }] of rough) {
    if (discs.has(id)) continue;
    const style = { color: palette.border, weight: 0.9, dashArray: "2 4", fillOpacity: 0.05, opacity: 0.7 };
    const options = { ...panes["mm-discs"].style, radius: DISC_M[precision], interactive: false, ...style };
    discs.set(id, L.circle(at, options).addTo(map));
  }
}
