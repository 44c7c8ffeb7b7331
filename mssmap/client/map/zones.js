/*
 * The zones: each named unit once, hatched by its worst level; soft spots; hatched borders with a count; figures.
 *
 * A unit within another one that is drawn too is cut out of it, so that no hatch lies over another. The same rule as
 * mssmap.legend.extents, which the still map and the print follow.
 */

/**
 * @import { Feature, LatLon, ZonePlace } from "../shared/messages.js"
 * @import { Sheet, Zone } from "./sheet.js"
 */

import { outlinesDrawn, unitOf } from "./areas.js";
import { isInShape, isNearEdge } from "./geometry.js";

/** A spot has at least this radius on the screen; the hatched border of a department is so wide. */
const SMALLEST_PX = 7;
const BORDER_PX = 7;
const EQUATOR_M = 40_075_017;
const CHOSEN = "#f0a400";

/**
 * One thing that is drawn: what it is, the worst level, its zones.
 * @typedef {object} Thing
 * @property {ZonePlace["how"]} how
 * @property {string} key
 * @property {string[]} units
 * @property {string} level
 * @property {boolean} dim
 * @property {boolean} chosen
 * @property {Zone[]} zones
 * @property {string[]} inner  units within it that are drawn too
 */

/** @typedef {{ layers: L.Path[], shape: string, look: string, metres?: number }} Drawn */

/**
 * What is drawn for some zones, in no order.
 * @param {Zone[]} zones
 * @param {string[]} levels  the worst first
 * @param {string | null} selected
 */
export function thingsOf(zones, levels, selected) {
  /** @type {Map<string, Zone[]>} */
  const named = new Map();
  for (const zone of zones) {
    for (const key of keysOf(zone)) named.set(key, [...(named.get(key) ?? []), zone]);
  }
  const things = [...named].map(([key, mine]) => thing(key, mine, levels, selected));
  const areas = things.filter(({ how }) => how === "units").map(({ units: [unit] }) => unit);
  return things.map((one) => ({
    ...one,
    inner: one.how === "units" ? areas.filter((unit) => unit !== one.units[0] && unit.startsWith(one.units[0])) : [],
  }));
}

/** @param {Zone} zone */
function keysOf({ id, place: { how, units } }) {
  if (how === "spot") return [`spot ${id}`];
  return how === "share" ? [`share ${units.join(" ")}`] : units.map((unit) => `${how} ${unit}`);
}

/**
 * @param {string} key
 * @param {Zone[]} zones
 * @param {string[]} levels
 * @param {string | null} selected
 * @returns {Thing}
 */
function thing(key, zones, levels, selected) {
  const level = levels.find((word) => zones.some((zone) => zone.level === word)) ?? zones[0].level;
  const { how, units } = zones[0].place;
  const [, ...rest] = key.split(" ");
  return {
    how,
    key,
    units: how === "spot" ? [] : how === "share" ? units : rest,
    level,
    dim: zones.every((zone) => zone.level !== level || zone.dim > 0),
    chosen: zones.some(({ id }) => id === selected),
    zones,
    inner: [],
  };
}

/**
 * Draws what changed since the view before.
 * @param {Sheet} sheet
 */
export function drawZones(sheet) {
  const { manifest, view } = sheet;
  sheet.zones = new Map(zonesOf(sheet).map((zone) => [zone.id, zone]));
  sheet.things = thingsOf([...sheet.zones.values()], Object.keys(manifest.zones), view.selected);
  const wanted = new Map(sheet.things.filter(({ how }) => how !== "share").map((one) => [one.key, one]));
  for (const [key, { layers }] of sheet.drawn) {
    if (wanted.has(key)) continue;
    layers.forEach((layer) => layer.remove());
    sheet.drawn.delete(key);
  }
  let isNew = false;
  for (const one of wanted.values()) isNew = drawThing(sheet, one) || isNew;
  if (isNew) pile(sheet, [...wanted.values()]);
  sizeSpots(sheet);
}

/**
 * @param {Sheet} sheet
 * @returns {Zone[]}
 */
function zonesOf(sheet) {
  const { places, view } = sheet;
  return view.zones.flatMap(([id, level, dim, line, grade, n]) => {
    const known = places.get(id);
    const place = known?.places[n];
    const symbol = view.zone_layer + "." + level;
    if (!known || !place || !sheet.isOn(symbol)) return [];
    return [{ id, level, dim, line, grade, name: sheet.nameOf(known), symbol, place }];
  });
}

/**
 * Large units below, then small ones, borders, and the spots with the worst on top.
 * @param {Sheet} sheet
 * @param {Thing[]} things
 */
function pile(sheet, things) {
  const levels = Object.keys(sheet.manifest.zones);
  const rank = (/** @type {Thing} */ { how, level, units }) =>
    how === "spot" ? 100 - levels.indexOf(level) : how === "count" ? 50 : units[0].length;
  things.sort((one, other) => rank(one) - rank(other));
  for (const { key } of things) sheet.drawn.get(key)?.layers.forEach((layer) => layer.bringToFront());
}

/**
 * Draws one thing if it is not there as it should be; whether it is new.
 * @param {Sheet} sheet
 * @param {Thing} one
 */
function drawThing(sheet, one) {
  const { dim, chosen, inner, level, zones: [{ place }] } = one;
  const near = outlinesDrawn(sheet) === sheet.close;
  const shape = JSON.stringify(one.how === "spot" ? place : [near, inner]);
  const look = [level, dim, chosen].join();
  let drawn = sheet.drawn.get(one.key);
  const isNew = drawn?.shape !== shape;
  if (isNew) {
    drawn?.layers.forEach((layer) => layer.remove());
    drawn = MAKE[one.how](sheet, one);
    drawn.shape = shape;
    sheet.drawn.set(one.key, drawn);
  }
  if (drawn && drawn.look !== look) {
    drawn.look = look;
    STYLE[one.how](sheet, one, drawn.layers);
  }
  return isNew;
}

/**
 * Makes the shapes of a thing, each added to the map.
 * @type {Record<string, (sheet: Sheet, one: Thing) => Drawn>}
 */
const MAKE = {
  units: (sheet, { units: [unit], inner }) => {
    const parts = [unit, ...inner].map((pcode) => unitOf(sheet, pcode)).filter((one) => one !== undefined);
    return made(sheet, parts.length ? [area(sheet, parts)] : []);
  },
  count: (sheet, { units: [unit] }) => {
    const outline = unitOf(sheet, unit);
    if (!outline) return made(sheet, []);
    const layers = [area(sheet, [outline]), area(sheet, [outline])];
    return clipped(made(sheet, layers), `mm-clip-${unit}`);
  },
  spot: (sheet, { zones: [{ place }] }) => {
    if (!place.at) return made(sheet, []);
    const { style } = sheet.panes["mm-zones"];
    const metres = place.m ?? 0;
    const layers = [0, 1].map(() =>
      L.circle(/** @type {LatLon} */ (place.at), { ...style, interactive: false, stroke: false, radius: metres })
    );
    const drawn = { ...made(sheet, layers), metres };
    layers.forEach((layer) => layer.getElement()?.setAttribute("mask", "url(#zone-spot)"));
    return drawn;
  },
};

/**
 * @param {Sheet} sheet
 * @param {L.Path[]} layers
 * @returns {Drawn}
 */
function made(sheet, layers) {
  layers.forEach((layer) => layer.addTo(sheet.map));
  return { layers, shape: "", look: "" };
}

/**
 * Outlines as one path: by the even-odd rule what lies in two of them is cut out.
 * @param {Sheet} sheet
 * @param {Feature<{ pcode: string }>[]} parts
 */
function area(sheet, parts) {
  const rings = parts.flatMap(({ geometry }) => polygonsOf(geometry)).map((polygon) =>
    polygon.map((ring) => ring.map(([lon, lat]) => [lat, lon]))
  );
  return L.polygon(rings, { ...sheet.panes["mm-zones"].style, interactive: false, fillRule: "evenodd" });
}

/**
 * @param {Feature<unknown>["geometry"]} shape
 * @returns {[number, number][][][]}
 */
const polygonsOf = (shape) =>
  shape.type === "Polygon" ? [shape.coordinates] : shape.type === "MultiPolygon" ? shape.coordinates : [];

/**
 * Lets only the inner half of the second path be seen: the first one is its clip.
 * @param {Drawn} drawn
 * @param {string} id
 */
function clipped(drawn, id) {
  const [outline, border] = drawn.layers.map((layer) => layer.getElement());
  const holder = document.querySelector("#zone-clips");
  if (!outline || !border || !holder) return drawn;
  outline.id = `${id}-of`;
  if (!document.getElementById(id)) {
    const clip = document.createElementNS("http://www.w3.org/2000/svg", "clipPath");
    clip.id = id;
    const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
    use.setAttribute("href", `#${id}-of`);
    clip.append(use);
    holder.append(clip);
  }
  border.setAttribute("clip-path", `url(#${id})`);
  return drawn;
}

/**
 * Gives shapes their look.
 * @type {Record<string, (sheet: Sheet, one: Thing, layers: L.Path[]) => void>}
 */
const STYLE = {
  units: ({ manifest }, { level, dim, chosen }, layers) => {
    const { color, dash, weight } = manifest.zones[level];
    layers.forEach((layer) =>
      layer.setStyle({
        fillColor: `url(#zone-${level})`,
        fillOpacity: dim ? 0.45 : 1,
        color: chosen ? CHOSEN : color,
        weight: chosen ? 4 : weight,
        opacity: dim ? 0.55 : 0.9,
        dashArray: chosen ? null : dash,
      })
    );
  },
  count: ({ manifest }, { level, dim, chosen }, [outline, border]) => {
    const { color } = manifest.zones[level];
    const opacity = dim ? 0.5 : 0.95;
    outline?.setStyle({ fill: false, color: chosen ? CHOSEN : color, weight: chosen ? 4 : 1.2, opacity });
    border?.setStyle({ fill: false, color: `url(#zone-${level})`, weight: 2 * BORDER_PX, opacity, lineJoin: "round" });
  },
  spot: ({ palette }, { level, dim, chosen }, [ground, hatch]) => {
    ground?.setStyle({ fillColor: palette.land, fillOpacity: 0.75, stroke: chosen, color: CHOSEN, weight: 4 });
    hatch?.setStyle({
      fillColor: `url(#zone-${level}-spot)`,
      fillOpacity: dim ? 0.6 : 1,
      stroke: chosen,
      color: CHOSEN,
    });
  },
};

/**
 * Keeps small spots in sight.
 * @param {Sheet} sheet
 */
function sizeSpots({ drawn, map }) {
  const metres = SMALLEST_PX * metresPerPixel(map);
  for (const { layers, metres: own } of drawn.values()) {
    if (own === undefined) continue;
    const radius = Math.max(own, metres);
    for (const layer of /** @type {L.Circle[]} */ (layers)) if (layer.getRadius() !== radius) layer.setRadius(radius);
  }
}

/** @param {L.Map} map */
const metresPerPixel = (map) =>
  (EQUATOR_M * Math.cos((map.getCenter().lat * Math.PI) / 180)) / (256 * 2 ** map.getZoom());

/**
 * The zones at a place: of units that hold it, of spots that reach it, of a border or a figure that is close by.
 * @param {Sheet} sheet
 * @param {L.LatLng} at
 */
export function zonesAt(sheet, at) {
  return [...new Set(sheet.things.filter((one) => isAt(sheet, one, at)).flatMap(({ zones }) => zones))];
}

/**
 * @param {Sheet} sheet
 * @param {Thing} one
 * @param {L.LatLng} at
 */
function isAt(sheet, { how, key, units: [unit], zones: [{ place }] }, at) {
  const here = sheet.map.latLngToLayerPoint(at);
  const tag = sheet.tags.find((other) => other.key === key);
  if (tag && here.x > tag.x0 && here.x < tag.x1 && here.y > tag.y0 && here.y < tag.y1) return true;
  if (how === "spot" && place.at) {
    const reach = Math.max(place.m ?? 0, SMALLEST_PX * metresPerPixel(sheet.map)) / metresPerPixel(sheet.map);
    return sheet.map.latLngToLayerPoint(place.at).distanceTo(here) <= reach;
  }
  const shape = how === "spot" || how === "share" ? undefined : unitOf(sheet, unit)?.geometry;
  if (!shape || !isInShape(shape, at)) return false;
  return how === "units" || isNearEdge(shape, at, (BORDER_PX + 3) * metresPerPixel(sheet.map));
}
