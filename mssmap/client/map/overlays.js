/*
 * What lies over the background and below the symbols: cells and closed roads of a plan, zones, imports, discs.
 */

/**
 * @import { Feature, Grid, ImportedPart, RecordRow } from "../shared/messages.js"
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

// ------------------------------------------------------------------------------------------------------------- zones

/**
 * Zones are kept from view to view; one is drawn again only when its level, age or choice changed.
 * @param {Sheet} sheet
 */
export function drawZones(sheet) {
  const { zones, outlines, view } = sheet;
  const drawn = view.zones.filter(([id, level]) => outlines.has(id) && sheet.isOn(view.zone_layer + "." + level));
  const wanted = new Set(drawn.map(([id]) => id));
  for (const [id, { layer }] of zones) {
    if (wanted.has(id)) continue;
    layer.remove();
    zones.delete(id);
  }
  const before = zones.size;
  drawn.forEach((row) => drawZone(sheet, row));
  if (zones.size === before) return;
  // the large ones below, so that none hides another
  const layers = [...zones.values()].map(({ layer }) => layer);
  layers.sort((one, other) => areaOf(other) - areaOf(one)).forEach((layer) => layer.bringToFront());
}

/** @param {L.Path} layer */
function areaOf(layer) {
  const box = layer.getBounds();
  return (box.getEast() - box.getWest()) * (box.getNorth() - box.getSouth());
}

/**
 * @param {Sheet} sheet
 * @param {RecordRow} row
 */
function drawZone(sheet, [id, level, dim, line, grade]) {
  const { manifest, map, outlines, panes, view, zones } = sheet;
  const feature = outlines.get(id);
  if (!feature) return;
  const symbol = view.zone_layer + "." + level;
  const zone = { id, level, line, grade, name: sheet.nameOf(feature.properties), symbol, feature };
  const layer = zones.get(id)?.layer ??
    shaped({ type: "FeatureCollection", features: [feature] }, panes["mm-zones"].style).addTo(map);
  const isChosen = view.selected === id;
  const key = `${level}${dim}${isChosen}`;
  if (zones.get(id)?.key !== key) {
    const style = manifest.zones[level];
    layer.setStyle({
      fillColor: `url(#zone-${level})`,
      fillOpacity: dim ? 0.45 : 0.95,
      color: isChosen ? "#f0a400" : style.color,
      weight: isChosen ? 4 : style.weight,
      opacity: dim ? 0.55 : 1,
      dashArray: style.dash,
    });
  }
  zones.set(id, { layer, key, zone });
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
  const looks = view.preview.map((part) => [part.title, part.points.length, part.shapes.length, part.seen]);
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
const importedPoint = (at, style) => L.circleMarker(at, { ...style, radius: 4.5, fillOpacity: 0.95 });

/**
 * @param {Sheet} sheet
 * @param {ImportedPart} part
 * @param {L.Options} style
 */
const importedPoints = (sheet, part, style) =>
  part.points.map(([lat, lon, words]) =>
    tellAt(sheet, importedPoint([lat, lon], style), part.title, words, "imports.points")
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
      return { ...style, dashArray: "6 3", fillOpacity: 0.25, fill: /Polygon/.test(geometry.type) };
    },
    pointToLayer: (_feature, at) => importedPoint(at, style),
    onEachFeature: ({ properties }, layer) => {
      tellAt(sheet, layer, part.title, properties.w, "imports.shapes");
    },
  });
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
    const { lat, lng } = event.latlng;
    if (sheet.view.placing) bus.tell("placed", [lat, lng]);
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
