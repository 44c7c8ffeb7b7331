/*
 * Whether a place lies in a shape.
 */

/** @import { Shape } from "../shared/messages.js" */

/**
 * @param {[number, number][]} ring
 * @param {number} lon
 * @param {number} lat
 */
export function isInRing(ring, lon, lat) {
  let inside = false;
  for (let i = 0, j = ring.length - 1; i < ring.length; j = i, i += 1) {
    const [xi, yi] = ring[i];
    const [xj, yj] = ring[j];
    if (yi > lat !== yj > lat && lon < ((xj - xi) * (lat - yi)) / (yj - yi) + xi) inside = !inside;
  }
  return inside;
}

/** Metres of a degree of latitude. */
export const DEGREE_M = 111_320;

/**
 * Whether a place is within some metres of the border of a shape.
 * @param {Shape} shape
 * @param {{ lat: number, lng: number }} at
 * @param {number} metres
 */
export function isNearEdge(shape, { lat, lng }, metres) {
  const wide = DEGREE_M * Math.cos((lat * Math.PI) / 180);
  const rings = shape.type === "Polygon"
    ? shape.coordinates
    : shape.type === "MultiPolygon"
    ? shape.coordinates.flat()
    : [];
  return rings.some((ring) =>
    ring.some(([lon, y], i) => {
      const [nextLon, nextY] = ring[(i + 1) % ring.length];
      const from = { x: (lon - lng) * wide, y: (y - lat) * DEGREE_M };
      const to = { x: (nextLon - lng) * wide, y: (nextY - lat) * DEGREE_M };
      return distanceToLine(from, to) <= metres;
    })
  );
}

/**
 * Distance of the origin from a piece of a line.
 * @param {{ x: number, y: number }} from
 * @param {{ x: number, y: number }} to
 */
function distanceToLine(from, to) {
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  const length = dx * dx + dy * dy;
  const t = length ? Math.min(1, Math.max(0, -(from.x * dx + from.y * dy) / length)) : 0;
  return Math.hypot(from.x + t * dx, from.y + t * dy);
}

/**
 * Whether a place lies in a polygon, or in one of several, and not in their holes.
 * @param {Shape} shape
 * @param {{ lat: number, lng: number }} at
 */
export function isInShape(shape, { lat, lng }) {
  const polygons = shape.type === "Polygon"
    ? [shape.coordinates]
    : shape.type === "MultiPolygon"
    ? shape.coordinates
    : [];
  return polygons.some(([outer, ...holes]) =>
    isInRing(outer, lng, lat) && !holes.some((hole) => isInRing(hole, lng, lat))
  );
}
