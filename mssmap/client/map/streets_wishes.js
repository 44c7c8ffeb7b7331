/*
 * The names that a tile of streets wants on the map.
 */

/**
 * @import { StreetTile } from "../shared/messages.js"
 * @import { Wish } from "./streets_names.js"
 */

import { walked } from "./streets_draw.js";
import { longestStretch } from "./streets_names.js";

/** Least rank of a street that has its name, by zoom. */
const NAMED_FROM = [[15, 0], [14, 2], [0, 3]];
const LANDMARKS = ["school", "market", "police", "court", "hospital"];

/**
 * Names that a tile wants on the map.
 * @param {StreetTile} tile
 * @param {number} scale
 * @param {number} zoom
 * @returns {Wish[]}
 */
export function wishesOf(tile, scale, zoom) {
  const names = tile.n ?? [];
  const least = NAMED_FROM.find(([from]) => zoom >= from)?.[1] ?? 3;
  const streets = (tile.r ?? []).flatMap(([rank, name, line]) => {
    if (name < 0 || rank < least) return [];
    const at = longestStretch(walked(line, scale));
    return at && at.length > 30 ? [{ text: names[name], rank, kind: "street", at }] : [];
  });
  /**
   * @param {[number, number, number, number][] | undefined} rows
   * @param {number} more
   * @param {(rank: number) => string} kind
   */
  const points = (rows = [], more, kind) =>
    rows.map(([rank, name, x, y]) => ({
      text: names[name] ?? "",
      rank: rank + more,
      kind: kind(rank),
      at: { x: x * scale, y: y * scale, angle: 0, length: Infinity },
    }));
  return [
    ...points(tile.t, 20, () => "part"),
    ...points(tile.l, 10, (rank) => LANDMARKS[rank]),
    ...streets,
  ].map((wish) => ({ ...wish, width: 0, height: 0 }));
}
