/*
 * Where the map looks: by the address, by its extents, by a person.
 */

/**
 * @import { Focus, LatLon } from "../shared/messages.js"
 * @import { Sheet } from "./sheet.js"
 */

import { bus } from "../shared/bus.js";
import { DEGREE_M } from "./geometry.js";

const NARROW_PX = 620;

/**
 * A number of the address within its limits, else NaN.
 * @param {URLSearchParams} query
 * @param {string} name
 * @param {number} low
 * @param {number} high
 */
export function numberIn(query, name, low, high) {
  const text = query.get(name);
  const value = text === null || text.trim() === "" ? NaN : Number(text);
  return value >= low && value <= high ? value : NaN;
}

/**
 * The box around a place that reaches so many metres.
 * @param {LatLon} at
 * @param {number} metres
 */
function around([lat, lon], metres) {
  const high = metres / DEGREE_M;
  const wide = high / Math.cos((lat * Math.PI) / 180);
  return [[lat - high, lon - wide], [lat + high, lon + wide]];
}

export class Look {
  /**
   * @param {Sheet} sheet
   * @param {HTMLDetailsElement} legend
   */
  constructor(sheet, legend) {
    this.sheet = sheet;
    this.legend = legend;
    /** Whether the map moves by itself: then the address stays as it is. */
    this.isOwnMove = true;
    /** Whether nobody has moved the map yet: then it goes on fitting the whole country. */
    this.isUntouched = false;
    this.lastFocus = 0;
    legend.addEventListener("toggle", () => this.fitAgain());
  }

  /** lat, lon and zoom of the address win over the default extent; anything unreadable is ignored. */
  fromAddress() {
    const query = new URLSearchParams(bus.host.location.search);
    const lat = numberIn(query, "lat", 17, 21);
    const lon = numberIn(query, "lon", -76.5, -69.5);
    const zoom = numberIn(query, "zoom", 6, 18);
    this.isUntouched = ![lat, lon, zoom].every(Number.isFinite);
    if (this.isUntouched) this.fitAgain();
    else this.quietly(() => this.sheet.map.setView([lat, lon], zoom, { animate: false }));
  }

  /** The whole country, as long as nobody wanted anything else. */
  fitAgain() {
    if (this.isUntouched) this.quietly(() => this.jumpTo(this.sheet.manifest.jumps[0].bounds));
  }

  touched() {
    this.isUntouched = false;
  }

  /**
   * Moves the map without writing it into the address: the default extent needs no mention.
   * @param {() => void} move
   */
  quietly(move) {
    this.isOwnMove = true;
    move();
    this.isOwnMove = false;
  }

  /**
   * Fits a box into the part of the map that the legend leaves free.
   * @param {LatLon[]} bounds
   */
  jumpTo(bounds) {
    const { map } = this.sheet;
    const free = this.legend.open && map.getSize().x > NARROW_PX ? 200 : 0;
    map.fitBounds(bounds, { animate: false, paddingTopLeft: [10, 10], paddingBottomRight: [10 + free, 26] });
  }

  /** The map has moved: the page keeps the place in its address. */
  keepPlace() {
    if (this.isOwnMove) return;
    const { map } = this.sheet;
    const { lat, lng } = map.getCenter();
    const zoom = Math.round(map.getZoom() * 100) / 100;
    bus.put("place", { lat: lat.toFixed(4), lon: lng.toFixed(4), zoom: String(zoom) });
    const { history, location } = bus.host;
    history.replaceState(history.state, "", location.href);
  }

  /**
   * Goes where Python wants, once for each wish.
   * @param {Focus | null} focus
   */
  follow(focus) {
    if (!focus || focus.n === this.lastFocus) return;
    this.lastFocus = focus.n;
    this.touched();
    const { map, shapes, zones } = this.sheet;
    if (focus.bounds) {
      this.jumpTo(focus.bounds);
      return;
    }
    const id = focus.id ?? "";
    const place = zones.get(id)?.place;
    if (place?.at) {
      map.fitBounds(around(place.at, place.m ?? 0), { animate: false, maxZoom: 12.5, padding: [60, 60] });
      return;
    }
    const record = shapes.records.points[id] || shapes.records.events.find((event) => event.id === id);
    if (record?.at) map.setView(record.at, Math.max(map.getZoom(), 11.5), { animate: false });
  }
}
