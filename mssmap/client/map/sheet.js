/*
 * The sheet that all parts of the map draw on: the Leaflet map, the files, and the view that it shows.
 */

/**
 * @import {
 *   Collection, Doubt, Feature, Grid, ImportedPart, LatLon, Manifest, Outlined, PublishedRecords, PublishedZone, Road,
 *   Rows, Town, ViewMessage, ZonePlace
 * } from "../shared/messages.js"
 * @import { Outlines } from "./areas.js"
 * @import { Pane } from "./panes.js"
 * @import { Drawn, Thing } from "./zones.js"
 * @import { Area as Room } from "./placing.js"
 */

import { SVG } from "../shared/dom.js";
import { LOWEST } from "../shared/grades.js";
import { headOf, isAmong } from "../shared/symbols.js";
import { nameIn } from "../shared/words.js";
import { linesOf, outlinesOf } from "./areas.js";

/**
 * Geometry and names, read once.
 * @typedef {object} Shapes
 * @property {number[][]} arcs
 * @property {Record<string, Outlined<unknown>[]>} areas
 * @property {Collection<unknown>} lakes
 * @property {Collection<unknown>} rivers
 * @property {Collection<Road>} roads
 * @property {Collection<Town>} places
 * @property {PublishedZone[]} zones
 * @property {PublishedRecords} records
 */

/** @typedef {Omit<ViewMessage, "on"> & Rows & { on: Set<string>, doubt: Record<string, Doubt> }} View */

/**
 * Something on the map that can be asked what it is.
 * @typedef {object} Item
 * @property {string} id
 * @property {string} symbol
 * @property {string} line
 * @property {string} name
 * @property {string} [grade]
 * @property {string} [precision]
 */

/** @typedef {Item & { dim: number, at: LatLon, precision: string, kind: string }} Mark  it has a symbol */
/** @typedef {Item & { level: string, dim: number, place: ZonePlace }} Zone */
/** @typedef {{ x: number, y: number }} Spot  pixels */
/** @typedef {{ kind: string, xy: Spot, place: Spot, radius: number, items: Mark[] }} Stack */

/**
 * What the map shows before it was asked for anything.
 * @returns {View}
 */
export const nothingYet = () => ({
  ...{ names: "", zone_layer: "", lang: "en", legend: [], text: {}, months: [], history: null, seq: "" },
  ...{ records: [], zones: [], events: [], day: 0, start: 0, end: 0, on: new Set(["departments"]), listed: false },
  ...{
    grade: LOWEST,
    selected: null,
    focus: null,
    tiles: null,
    streets: null,
    choropleth: null,
    changed: {},
    archives: null,
  },
  ...{
    extra: [],
    preview: [],
    cells: "",
    closures: [],
    agreement: false,
    placing: /** @type {const} */ (""),
    more_legend: [],
    notes: [],
  },
  ...{ banner: { title: "", sub: "", same: "", other: "", source: "" }, described: "", doubt: {} },
});

/** @param {string} text  a drawing of our own */
export const parseSvg = (text) =>
  document.importNode(new DOMParser().parseFromString(text, "image/svg+xml").documentElement, true);

export class Sheet {
  /**
   * @param {L.Map} map
   * @param {Record<string, Pane>} panes
   * @param {Manifest} manifest
   * @param {Shapes} shapes
   * @param {Record<string, string>} files  where files are that are read when they are wanted
   * @param {string} root  the folder of the published files
   */
  constructor(map, panes, manifest, shapes, files, root) {
    this.map = map;
    this.panes = panes;
    this.manifest = manifest;
    this.shapes = shapes;
    this.files = files;
    this.root = root;
    this.symbols = new Map(Object.entries(manifest.symbols).map(([name, text]) => [name, parseSvg(text)]));
    this.places = new Map(shapes.zones.map((zone) => [zone.id, zone]));
    this.palette = manifest.palettes.light;
    this.view = nothingYet();
    /** Whether a view was asked for. */
    this.asked = false;
    /** @type {L.TileLayer | null} */
    this.tiles = null;
    /** Lines of which the outlines are made. */
    this.lines = linesOf(shapes.arcs);
    /** Outlines for the whole country. */
    this.areas = outlinesOf(shapes.areas, this.lines);
    /**
     * Outlines for where the map is near, with the communal sections.
     * @type {Outlines | null}
     */
    this.close = null;
    this.isComing = false;
    /**
     * Small places, read when the map is close enough to name them.
     * @type {Collection<Town> | null}
     */
    this.hamlets = null;
    /** @type {Grid | null} */
    this.grid = null;
    /** @type {ImportedPart[] | null} */
    this.imports = null;
    /** Whether streets of an extract are drawn. */
    this.hasStreets = false;
    /** @type {Stack[]} */
    this.stacks = [];
    /**
     * Room that names and symbols of ours take, in pixels.
     * @type {Room[]}
     */
    this.taken = [];
    /**
     * The zones of this view whose level is switched on.
     * @type {Map<string, Zone>}
     */
    this.zones = new Map();
    /** @type {Thing[]} */
    this.things = [];
    /** @type {Map<string, Drawn>} */
    this.drawn = new Map();
    /**
     * Where the words of borders and figures stand.
     * @type {{ key: string, x0: number, x1: number, y0: number, y1: number }[]}
     */
    this.tags = [];
    /** @type {Map<string, L.Path>} */
    this.discs = new Map();
  }

  /** @param {string} symbol */
  isOn(symbol) {
    return isAmong(this.view.on, symbol);
  }

  /**
   * A sentence in the language of the page; nothing if there is none.
   * @param {string} key
   */
  say(key) {
    return this.view.text[key] || "";
  }

  /** @param {{ n: Record<string, string> }} named */
  nameOf(named) {
    return nameIn(named.n, this.view.lang);
  }

  /**
   * A fresh copy of one of our own glyphs; unknown names give an empty picture.
   * @param {string} name
   */
  glyph(name) {
    const found = this.symbols.get(name);
    return found ? document.importNode(found, true) : document.createElementNS(SVG, "svg");
  }

  /**
   * The layer whose size a symbol has.
   * @param {string} symbol
   */
  kindOf(symbol) {
    const head = headOf(symbol);
    return head in this.manifest.sizes ? head : "facilities";
  }
}

/**
 * Shapes that nobody can click.
 * @template P
 * @param {Collection<P>} data
 * @param {L.Options} style
 * @param {{ filter?: (feature: Feature<P>) => boolean, style?: (feature: Feature<P>) => L.Options }} [more]
 */
export const shaped = (data, style, more = {}) => L.geoJSON(data, { ...style, interactive: false, style, ...more });
