/*
 * Streets of an extract, from street zoom on: tiles on canvases of their own, under everything of ours, and their names.
 *
 * A tile is drawn in steps of some milliseconds, a frame at a time, so that the hand is never waited for.
 */

/**
 * @import { StreetSet, StreetTile } from "../shared/messages.js"
 * @import { Sheet, Spot } from "./sheet.js"
 * @import { Wish } from "./streets_names.js"
 */

import { $ } from "../shared/dom.js";
import { note } from "../shared/probe.js";
import { readLater } from "./later.js";
import { levelAt, nearFirst, sideAt, stepsOf, STREETS_FROM, TILE_UNITS, tilesIn, walked } from "./streets_draw.js";
import { drawNames, forgetWidths, LETTERS } from "./streets_lettering.js";
import { longestStretch } from "./streets_names.js";

/** Milliseconds of a frame that may go into drawing. */
const BUDGET_MS = 22;
/** Tiles that are kept in memory. */
const MOST_TILES = 160;
/** Share of the view beyond its edge that is drawn too. */
const BEYOND_VIEW = 0.15;

/**
 * A tile on the map.
 * @typedef {object} Drawn
 * @property {HTMLCanvasElement} node
 * @property {number} x  of its corner in pixels of the whole world
 * @property {number} y
 * @property {StreetTile | null} content
 * @property {Wish[] | null} wishes  names, withRoom from its corner
 */

/** @typedef {{ tile: Drawn, steps: (() => void)[] | null, side: number, zoom: number }} Job */

export class Streets {
  /**
   * @param {Sheet} sheet
   * @param {() => void} told  called when what is to be said about the streets has changed
   */
  constructor(sheet, told) {
    this.sheet = sheet;
    this.told = told;
    this.pane = sheet.panes["mm-streets"].node;
    /** @type {Map<string, Drawn>} */
    this.drawn = new Map();
    /** @type {Map<string, Promise<StreetTile | null>>} */
    this.read = new Map();
    /** @type {Job[]} */
    this.jobs = [];
    this.frame = 0;
    this.look = "";
    this.waiting = 0;
    this.following = 0;
    this.since = 0;
    document.fonts?.load(LETTERS).then(() => {
      forgetWidths();
      this.letter();
    }, () => {});
  }

  /**
   * The set that is drawn at this zoom, if there is one.
   * @returns {StreetSet | null}
   */
  get set() {
    const { asked, map, tiles, view } = this.sheet;
    return asked && !tiles && map.getZoom() >= STREETS_FROM ? view.streets : null;
  }

  /** Whether somebody looks so closely that streets would help, and there are none. */
  get isMissed() {
    const { asked, map, tiles, view } = this.sheet;
    return asked && !tiles && !view.streets && map.getZoom() >= STREETS_FROM;
  }

  /** Draws the tiles of the view that are not drawn yet. */
  update() {
    const { map, palette } = this.sheet;
    const { set } = this;
    const zoom = map.getZoom();
    const look = JSON.stringify([set?.id, zoom, palette.land, map.getPixelOrigin()]);
    if (look !== this.look) this.clear();
    this.look = look;
    const wanted = set ? this.tilesInView(set, zoom) : [];
    this.drop(new Set(wanted.map(({ key }) => key)));
    const missing = set ? wanted.filter(({ key }) => !this.drawn.has(key)) : [];
    if (missing.length && !this.isBusy) this.since = performance.now();
    for (const { key, x, y } of missing) if (set) this.begin(set, key, x, y);
    const isShown = wanted.length > 0;
    if (isShown !== this.sheet.hasStreets || !set) {
      this.sheet.hasStreets = isShown;
      this.told();
    }
    if (!missing.length && !this.isBusy) note({ streets: this.drawn.size });
  }

  get isBusy() {
    return this.waiting > 0 || this.jobs.length > 0;
  }

  /** The hand moves the map: tiles that come into view are drawn at most once a frame. */
  follow() {
    if (this.following || !this.set) return;
    this.following = requestAnimationFrame(() => {
      this.update();
      this.following = 0;
    });
  }

  clear() {
    this.jobs = [];
    this.drawn.clear();
    this.pane.replaceChildren();
    this.sheet.panes["mm-street-names"].node.replaceChildren();
  }

  /**
   * @param {StreetSet} set
   * @param {number} zoom
   */
  tilesInView({ box, held, levels }, zoom) {
    const bounds = this.sheet.map.getBounds().pad(BEYOND_VIEW);
    const view = [bounds.getWest(), bounds.getSouth(), bounds.getEast(), bounds.getNorth()];
    const level = levelAt(zoom, levels);
    const inBox = view.map((value, i) => i < 2 ? Math.max(value, box[i]) : Math.min(value, box[i]));
    return nearFirst(tilesIn(inBox, level).filter(({ key }) => !held || held.includes(key)));
  }

  /** @param {Set<string>} wanted */
  drop(wanted) {
    for (const [key, { node }] of this.drawn) {
      if (!wanted.has(key)) {
        node.remove();
        this.drawn.delete(key);
      }
    }
    this.jobs = this.jobs.filter(({ tile }) => tile.node.isConnected);
  }

  /**
   * Puts an empty tile on the map and asks for its content.
   * @param {StreetSet} set
   * @param {string} key
   * @param {number} x
   * @param {number} y
   */
  async begin(set, key, x, y) {
    const { map } = this.sheet;
    const zoom = map.getZoom();
    const side = sideAt(zoom, levelAt(zoom, set.levels));
    /** @type {Drawn} */
    const tile = { node: $("canvas"), x: x * side, y: y * side, content: null, wishes: null };
    this.drawn.set(key, tile);
    this.pane.append(tile.node);
    this.waiting += 1;
    const content = await this.content(set, key);
    this.waiting -= 1;
    if (this.drawn.get(key) === tile && content) {
      tile.content = content;
      this.jobs.push({ tile, steps: null, side, zoom });
    }
    this.goOn();
  }

  /**
   * @param {StreetSet} set
   * @param {string} key
   */
  content(set, key) {
    const name = `${set.id}/${key}.json`;
    let found = this.read.get(name);
    if (!found) {
      found = readLater(this.sheet, this.sheet.streetRoot + name).then((content) => {
        if (content === undefined) this.read.delete(name);
        return /** @type {StreetTile | null} */ (content ?? null);
      });
      this.read.set(name, found);
      for (const oldest of this.read.keys()) {
        if (this.read.size <= MOST_TILES) break;
        this.read.delete(oldest);
      }
    }
    return found;
  }

  goOn() {
    if (!this.frame) this.frame = requestAnimationFrame(() => this.draw());
  }

  /** Draws for a part of this frame, and asks for the next one if that was not all. */
  draw() {
    this.frame = 0;
    const end = performance.now() + BUDGET_MS;
    while (this.jobs.length && performance.now() < end) {
      const [job] = this.jobs;
      if (!job.steps) this.prepare(job);
      const step = job.steps?.shift();
      if (step) step();
      else this.jobs.shift();
    }
    if (this.jobs.length) this.goOn();
    else if (!this.isBusy) this.finished();
  }

  /**
   * Lays a tile out and finds what is to be drawn on it: a canvas takes a while to come about too.
   * @param {Job} job
   */
  prepare(job) {
    const { side, tile, zoom } = job;
    const { map, palette } = this.sheet;
    const origin = map.getPixelOrigin();
    const pen = laidOut(tile, { x: tile.x - origin.x, y: tile.y - origin.y }, side);
    const look = { palette, scale: side / TILE_UNITS, zoom };
    job.steps = pen && tile.content ? stepsOf(tile.content, look).map((step) => () => step(pen)) : [];
  }

  finished() {
    this.letter();
    note({ streets: this.set ? this.drawn.size : 0, streetsMs: performance.now() - this.since });
  }

  /** Writes the names where the names and symbols of ours leave room. */
  letter() {
    const { map, palette, panes, taken } = this.sheet;
    const { set } = this;
    if (this.isBusy || this.following) return;
    const pane = panes["mm-street-names"].node;
    if (!set) {
      pane.replaceChildren();
      return;
    }
    const zoom = map.getZoom();
    const scale = sideAt(zoom, levelAt(zoom, set.levels)) / TILE_UNITS;
    const origin = map.getPixelOrigin();
    const wishes = [...this.drawn.values()].flatMap((tile) => {
      tile.wishes ??= tile.content ? wishesOf(tile.content, scale, zoom) : null;
      return (tile.wishes ?? []).map((wish) => ({
        ...wish,
        at: { ...wish.at, x: wish.at.x + tile.x - origin.x, y: wish.at.y + tile.y - origin.y },
      }));
    });
    drawNames(map, pane, wishes, { palette, taken: [...taken] });
  }
}

/**
 * Gives a canvas its place and size, so that neighbours meet at whole pixels; returns a pen in units of the screen.
 * @param {Drawn} tile
 * @param {Spot} corner
 * @param {number} side
 */
function laidOut({ node }, corner, side) {
  const [left, top] = [Math.round(corner.x), Math.round(corner.y)];
  const [width, height] = [Math.round(corner.x + side) - left, Math.round(corner.y + side) - top];
  const dense = Math.min(globalThis.devicePixelRatio || 1, 2);
  node.width = width * dense;
  node.height = height * dense;
  node.style.cssText = `position:absolute;left:${left}px;top:${top}px;width:${width}px;height:${height}px`;
  const pen = node.getContext("2d");
  pen?.setTransform(dense, 0, 0, dense, dense * (corner.x - left), dense * (corner.y - top));
  return pen;
}

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
