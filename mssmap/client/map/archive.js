/*
 * Archives on the map: events too many to travel, so the server is asked for what this view can show.
 *
 * Far out cells with their counts, nearer circles where the events are, at street level the events themselves, each on
 * one canvas. A new question aborts the one before; the last picture stays until the next one is here. Answers are
 * whole numbers and words; words go on screen with textContent only.
 */

/**
 * @import { ArchiveItem } from "../shared/messages.js"
 * @import { Held, Picture } from "./archive_answer.js"
 * @import { Hits } from "./archive_draw.js"
 * @import { ArchiveRecord } from "./archive_records.js"
 * @import { Sheet } from "./sheet.js"
 */

import { bus } from "../shared/bus.js";
import { isoOf } from "../shared/days.js";
import { $ } from "../shared/dom.js";
import { note } from "../shared/probe.js";
import { fill, inWords } from "../shared/words.js";
import { classesOf, DEGREE, hold, pictureOf, projection, STREET, unpack, wordsOfClasses } from "./archive_answer.js";
import { drawPicture, fillsOf } from "./archive_draw.js";
import { ArchiveFilter } from "./archive_filter.js";
import { ArchivePanel } from "./archive_panel.js";
import { LISTED, tellRecords } from "./archive_records.js";
import { addBox } from "./controls.js";
import { openPopup } from "./popups.js";

const SLOW_MS = 1000;
const HAND_MS = 60;
const HELD_ROWS = 10000;

/** @typedef {Record<string, string>} Query */
/** @typedef {{ stop: AbortController, box: string, zoom: number, isCancelled: boolean }} Running */

const isDarkNow = () => document.documentElement.classList.contains("dark");

/** @param {Response} answer */
async function refused(answer) {
  const { error } = /** @type {{ error?: string }} */ (await answer.json());
  return new Error(error);
}

export class Archive {
  /** @param {Sheet} sheet */
  constructor(sheet) {
    this.sheet = sheet;
    this.isShown = false;
    this.name = "";
    /** @type {Picture | null} */
    this.picture = null;
    /** @type {Hits} */
    this.hits = () => [];
    /** @type {L.LatLngBounds | null} */
    this.drawnAt = null;
    this.asked = "";
    /** @type {Running | null} */
    this.running = null;
    this.isWaiting = false;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.slow = undefined;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
    this.binsKey = "";
    this.legendKey = "";
    /** @type {Held | null} */
    this.held = null;
    this.filter = new ArchiveFilter({
      ask: (path, query, signal) => this.inquire(path, query, signal),
      changed: () => this.refilter(),
    });
    this.panel = new ArchivePanel({
      choose: (name) => this.choose(name),
      cancel: () => this.cancel(),
    }, this.filter.parts.root);
    this.isOnMap = false;
    this.makeLayer();
  }

  makeLayer() {
    const { map } = this.sheet;
    const pane = map.createPane("mm-archive");
    pane.style.zIndex = "386";
    this.canvas = $("canvas", "leaflet-zoom-animated");
    this.canvas.style.pointerEvents = "none";
    const { canvas } = this;
    const draw = () => this.draw();
    const moved = () => this.moved();
    const glide = (/** @type {L.ZoomEvent} */ event) => this.glide(event);
    this.layer = new (L.Layer.extend({
      onAdd: () => pane.append(canvas),
      onRemove: () => canvas.remove(),
      getEvents: () => ({ zoomanim: glide, viewreset: draw, zoomend: draw, moveend: moved, resize: moved }),
    }))();
  }

  // ------------------------------------------------------------------------------------------------ what is asked

  get items() {
    return this.sheet.view.archives?.items ?? [];
  }

  /** @returns {ArchiveItem | undefined} */
  get item() {
    return this.items.find(({ name }) => name === this.name);
  }

  /** @param {number} n */
  number(n) {
    return inWords(n, this.sheet.view.lang);
  }

  /** What narrows the archive besides days and box. */
  filters() {
    return this.filter.narrowed(this.name, this.sheet.view.archives?.query ?? {});
  }

  /** @returns {Query} */
  question() {
    const { map, view } = this.sheet;
    const box = map.getBounds();
    const west = Math.max(-180, box.getWest()).toFixed(5);
    const east = Math.min(180, box.getEast()).toFixed(5);
    const days = { as_of: isoOf(view.day), from: isoOf(view.start), to: isoOf(view.end) };
    const edges = [west, box.getSouth().toFixed(5), east, box.getNorth().toFixed(5)].join();
    return { ...this.filters(), ...days, lang: view.lang, box: edges };
  }

  /**
   * @param {string} path
   * @param {Query} query
   */
  address(path, query) {
    const asked = `archive/${this.name}/${path}?${new URLSearchParams(query)}`;
    return new URL(asked, bus.host.document.baseURI).href;
  }

  /**
   * @param {string} path
   * @param {Query} query
   * @param {AbortSignal} [signal]
   * @returns {Promise<unknown>}
   */
  async inquire(path, query, signal) {
    const answer = await fetch(this.address(path, query), { signal });
    if (!answer.ok) throw await refused(answer);
    return answer.json();
  }

  /**
   * @param {string} path
   * @param {Query} query
   * @param {AbortSignal} signal
   */
  async fetched(path, query, signal) {
    const answer = await fetch(this.address(path, query), { signal });
    if (!answer.ok) throw await refused(answer);
    return unpack(await answer.arrayBuffer());
  }

  // -------------------------------------------------------------------------------------------------- when to ask

  /** A new view, another day or other layers. */
  update() {
    const { items, sheet } = this;
    const isWanted = sheet.isOn("imports.archives") && items.length > 0;
    if (!this.item) {
      this.name = items.length ? items[0].name : "";
      this.picture = null;
      this.asked = "";
    }
    if (isWanted !== this.isShown) this.turn(isWanted);
    this.askBins();
    if (!this.isShown) {
      note({ archive: null });
      return;
    }
    this.list();
    if (!this.drawHeld()) this.soon();
  }

  /** @param {boolean} isWanted */
  turn(isWanted) {
    const { layer, panel, sheet: { map } } = this;
    this.isShown = isWanted;
    this.asked = "";
    if (!layer) return;
    if (isWanted) map.addLayer(layer);
    else {
      map.removeLayer(layer);
      this.stop();
    }
    if (isWanted && !this.isOnMap) addBox(map, "topleft", panel.root);
    this.isOnMap ||= isWanted;
    panel.root.hidden = !isWanted;
  }

  list() {
    const { archives, lang, text } = this.sheet.view;
    if (!this.item || !archives) return;
    this.panel.list(this.items, this.item, text);
    this.filter.show(this.name, archives.query, text, lang);
  }

  /** @param {string} name */
  choose(name) {
    this.name = name;
    this.asked = "";
    this.picture = null;
    this.draw();
    this.askBins();
    this.ask();
    this.list();
  }

  cancel() {
    if (!this.running) return;
    this.running.isCancelled = true;
    this.running.stop.abort();
  }

  moved() {
    if (this.drawHeld()) return;
    this.draw();
    this.soon();
  }

  /** Asks when the hand rests for a moment; while time plays, as soon as the answer before is here. */
  soon() {
    if (!this.isShown || this.timer) return;
    this.timer = setTimeout(() => {
      this.timer = undefined;
      this.ask();
    }, HAND_MS);
  }

  stop() {
    this.running?.stop.abort();
    clearTimeout(this.slow);
  }

  /** What was asked before is of no use any more. */
  drop() {
    this.stop();
    this.running = null;
    this.panel.busy.hidden = true;
  }

  /** Something else was chosen in the filter. */
  refilter() {
    this.drop();
    this.askBins();
    this.ask();
  }

  // ------------------------------------------------------------------------------------------------------- asking

  async ask() {
    if (!this.isShown || !this.name) return;
    const query = this.question();
    const zoom = this.sheet.map.getZoom();
    const key = JSON.stringify([this.name, query, zoom]);
    if (key === this.asked) return;
    if (this.running && this.running.box === query.box && this.running.zoom === zoom) {
      this.isWaiting = true;
      return;
    }
    this.stop();
    this.asked = key;
    this.isWaiting = false;
    /** @type {Running} */
    const mine = { stop: new AbortController(), box: query.box, zoom, isCancelled: false };
    this.running = mine;
    this.slow = setTimeout(() => {
      if (this.running === mine) this.panel.busy.hidden = false;
    }, SLOW_MS);
    try {
      await this.answer(mine, query);
    } catch (error) {
      if (this.running === mine) this.tellFault(mine, error);
    } finally {
      if (this.running === mine) this.rest();
    }
  }

  rest() {
    this.drop();
    if (this.isWaiting) this.ask();
  }

  /**
   * @param {Running} mine
   * @param {unknown} error
   */
  tellFault(mine, error) {
    const words = error instanceof Error ? error.message || String(error) : String(error);
    this.panel.told.textContent = mine.isCancelled ? this.sheet.say("archive_stopped") : words;
    note({ archiveFault: this.panel.told.textContent ?? "" });
  }

  /**
   * @param {Running} mine
   * @param {Query} query
   */
  async answer(mine, query) {
    const { stop: { signal }, zoom } = mine;
    const at = { ...query, zoom: String(zoom) };
    if (this.isSmall()) {
      const key = this.heldKey();
      const found = await this.fetched("held", at, signal);
      if (this.running !== mine) return;
      this.held = hold(found, key);
      this.drawHeld();
      return;
    }
    let found = zoom >= STREET ? await this.fetched("points", query, signal) : null;
    if (!found || found.mode === "many") found = await this.fetched("cells", at, signal);
    if (this.running !== mine) return;
    this.picture = { ...found, classes: classesOf(found) };
    this.tellPicture(query, zoom);
  }

  /**
   * Draws the picture, says how much it shows, and notes what it is for whoever asks the page.
   * @param {Query} query
   * @param {number} zoom
   */
  tellPicture(query, zoom) {
    if (!this.picture) return;
    const { inside, mode, resolution, rows, shown } = this.picture;
    const words = { n: this.number(inside), all: this.number(rows) };
    this.panel.told.textContent = fill(this.sheet.say("archive_in_view"), words);
    this.draw();
    this.legend();
    const { actor, as_of, box, category, from, to } = query;
    const asked = { from, to, as_of, box, category, actor, zoom };
    note({ archive: { name: this.name, mode, inside, rows, resolution, shown, ...asked } });
    bus.tell("archive", null);
  }

  /** The histogram of the timeline: asked when dials or filters change what it counts, not with the day. */
  async askBins() {
    const key = this.isShown && this.name ? JSON.stringify([this.name, this.filters()]) : "";
    if (key === this.binsKey) return;
    this.binsKey = key;
    if (!key) {
      bus.tell("bins", null);
      return;
    }
    bus.put("bins", null);
    const whole = this.item?.title ?? "";
    const title = this.filter.isActive(this.name) ? `${whole} (${this.sheet.say("archive_filtered")})` : whole;
    try {
      const answer = await fetch(this.address("histogram", { ...this.filters(), step: "month" }));
      if (!answer.ok || key !== this.binsKey) return;
      bus.tell("bins", { title, ...(await answer.json()) });
    } catch {
      this.binsKey = "";
    }
  }

  // --------------------------------------------------------------------------------------- a small archive, held here

  /** What the rows in hand depend on: not on days and box, and at street level not on the zoom. */
  heldKey() {
    return JSON.stringify([this.name, this.filters(), Math.min(STREET, this.sheet.map.getZoom())]);
  }

  isSmall() {
    return (this.item?.rows ?? Infinity) <= HELD_ROWS;
  }

  /** Works the view out from the rows in hand, within this frame; false if they are not. */
  drawHeld() {
    if (!this.isShown || !this.held || this.held.key !== this.heldKey()) return false;
    this.drop();
    const query = this.question();
    const { map, view: { day, end, start } } = this.sheet;
    const zoom = map.getZoom();
    this.picture = pictureOf(this.held, { day, start, end, box: query.box, zoom });
    this.tellPicture(query, zoom);
    return true;
  }

  // ------------------------------------------------------------------------------------------------------ drawing

  redraw() {
    if (!this.isShown) return;
    this.draw();
    if (this.picture) this.legend();
  }

  /**
   * The last picture grows with the map while it zooms.
   * @param {L.ZoomEvent} event
   */
  glide({ center, zoom }) {
    const { canvas, drawnAt, sheet: { map } } = this;
    if (!drawnAt || !canvas) return;
    const corner = map._latLngBoundsToNewLayerBounds(drawnAt, zoom, center).min;
    L.DomUtil.setTransform(canvas, corner, map.getZoomScale(zoom));
  }

  draw() {
    const { canvas, sheet: { manifest, map } } = this;
    const pen = canvas?.getContext("2d");
    if (!this.isShown || !canvas || !pen) return;
    const size = map.getSize();
    const ratio = devicePixelRatio || 1;
    const corner = map.containerPointToLayerPoint([0, 0]);
    this.drawnAt = map.getBounds();
    if (canvas.width !== size.x * ratio || canvas.height !== size.y * ratio) {
      canvas.width = size.x * ratio;
      canvas.height = size.y * ratio;
      canvas.style.width = `${size.x}px`;
      canvas.style.height = `${size.y}px`;
    }
    L.DomUtil.setTransform(canvas, corner, 1);
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.clearRect(0, 0, size.x, size.y);
    this.hits = () => [];
    if (!this.picture) return;
    const origin = map.getPixelOrigin().add(corner);
    const at = projection(map.getZoom(), origin.x, origin.y);
    this.hits = drawPicture(pen, this.picture, at, size, { dark: isDarkNow(), groups: manifest.groups });
  }

  legend() {
    const classes = this.picture?.classes ?? [];
    const key = JSON.stringify([classes, isDarkNow(), this.sheet.view.lang]);
    if (key === this.legendKey) return;
    this.legendKey = key;
    this.panel.drawKey(wordsOfClasses(classes, (n) => this.number(n)), fillsOf(isDarkNow()));
  }

  // ----------------------------------------------------------------------------------------------------- a click

  /**
   * What a click on the map means here; false if nothing of an archive is there.
   * @param {L.MouseEvent} event
   */
  click({ containerPoint: { x, y }, latlng }) {
    if (!this.isShown || !this.picture) return false;
    const found = this.hits(x, y);
    if (!found.length) return false;
    const { lat, lon, mode } = this.picture;
    const { map } = this.sheet;
    if (mode === "points") this.openRecords(this.picture, found, latlng);
    else {
      const zoom = Math.min(map.getMaxZoom(), map.getZoom() + 2);
      map.setView([lat[found[0]] / DEGREE, lon[found[0]] / DEGREE], zoom);
    }
    return true;
  }

  /**
   * @param {Picture} picture
   * @param {number[]} found
   * @param {L.LatLng} at
   */
  async openRecords({ row }, found, at) {
    const { map, view: { lang, text } } = this.sheet;
    const box = $("div", "mm-archive-record");
    openPopup(map, box, at);
    try {
      const asked = found.slice(0, LISTED).map((i) => this.inquire(`record/${row[i]}`, { lang }));
      const records = /** @type {ArchiveRecord[]} */ (await Promise.all(asked));
      tellRecords(box, records, found.length, text, (n) => this.number(n));
      openPopup(map, box, at);
    } catch (error) {
      box.replaceChildren($("div", "mm-line", error instanceof Error ? error.message : String(error)));
    }
  }
}
