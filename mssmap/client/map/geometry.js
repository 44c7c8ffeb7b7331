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
