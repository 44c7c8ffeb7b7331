/*
 * Streets of an extract, from street zoom on: tiles on canvases of their own, under everything of ours, and their names.
 *
 * Tiles are drawn beside the page, some at a time, so that the hand never waits for them (streets_painter.js).
 */

/**
 * @import { StreetSet } from "../shared/messages.js"
 * @import { Sheet } from "./sheet.js"
 * @import { Wish } from "./streets_names.js"
 * @import { Place } from "./streets_paint.js"
 */

import { $ } from "../shared/dom.js";
import { note } from "../shared/probe.js";
import { levelAt, nearFirst, sideAt, STREETS_FROM, tilesIn } from "./streets_draw.js";
import { drawNames, forgetWidths, LETTERS } from "./streets_lettering.js";
import { Painter } from "./streets_painter.js";

/** Tiles that are in the making at once: of the others those that are no longer in view are never made. */
const AT_ONCE = 12;
/** Share of the view beyond its edge that is drawn too. */
const BEYOND_VIEW = 0.15;

/**
 * A tile on the map.
 * @typedef {object} Drawn
 * @property {HTMLCanvasElement} node
 * @property {number} x  of its corner in pixels of the whole world
 * @property {number} y
 * @property {Wish[]} wishes  names, from its corner
 */

/** @typedef {{ tile: Drawn, name: string, place: Place }} Job */

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
    /** @type {Painter | null} */
    this.painter = null;
    /** @type {Job[]} */
    this.jobs = [];
    this.look = "";
    this.making = 0;
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
    this.goOn();
    const isShown = wanted.length > 0;
    if (isShown !== this.sheet.hasStreets || !set) {
      this.sheet.hasStreets = isShown;
      this.told();
    }
    if (!missing.length && !this.isBusy) note({ streets: this.drawn.size });
  }

  get isBusy() {
    return this.making > 0 || this.jobs.length > 0;
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
   * Puts an empty tile on the map, in the row of those that are to be drawn.
   * @param {StreetSet} set
   * @param {string} key
   * @param {number} x
   * @param {number} y
   */
  begin(set, key, x, y) {
    const { map, palette } = this.sheet;
    const zoom = map.getZoom();
    const side = sideAt(zoom, levelAt(zoom, set.levels));
    /** @type {Drawn} */
    const tile = { node: $("canvas"), x: x * side, y: y * side, wishes: [] };
    const origin = map.getPixelOrigin();
    const corner = { x: tile.x - origin.x, y: tile.y - origin.y };
    this.drawn.set(key, tile);
    this.pane.append(tile.node);
    this.jobs.push({
      tile,
      name: `${set.id}/${key}.json`,
      place: { ...laidOut(tile.node, corner, side), zoom, palette },
    });
  }

  /** Has the next tiles drawn, some at once. */
  goOn() {
    while (this.jobs.length && this.making < AT_ONCE) {
      this.painter ??= new Painter(this.sheet);
      const { name, place, tile } = /** @type {Job} */ (this.jobs.shift());
      this.making += 1;
      this.painter.paint(tile.node, name, place).then((wishes) => {
        tile.wishes = wishes ?? [];
      }).finally(() => {
        this.making -= 1;
        if (this.isBusy) this.goOn();
        else this.finished();
      });
    }
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
    const origin = map.getPixelOrigin();
    const wishes = [...this.drawn.values()].flatMap((tile) =>
      tile.wishes.map((wish) => ({
        ...wish,
        at: { ...wish.at, x: wish.at.x + tile.x - origin.x, y: wish.at.y + tile.y - origin.y },
      }))
    );
    drawNames(map, pane, wishes, { palette, taken: [...taken] });
  }
}

/**
 * Gives a canvas its place and size, so that neighbours meet at whole pixels; returns them for who draws on it.
 * @param {HTMLCanvasElement} node
 * @param {{ x: number, y: number }} corner
 * @param {number} side
 */
function laidOut(node, corner, side) {
  const [left, top] = [Math.round(corner.x), Math.round(corner.y)];
  const [width, height] = [Math.round(corner.x + side) - left, Math.round(corner.y + side) - top];
  const dense = Math.min(globalThis.devicePixelRatio || 1, 2);
  node.style.cssText = `position:absolute;left:${left}px;top:${top}px;width:${width}px;height:${height}px`;
  return { width, height, dense, dx: corner.x - left, dy: corner.y - top, side };
}
