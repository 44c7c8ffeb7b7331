/*
 * The operations map in the browser.
 *
 * Python sends one view message (which records are shown, in which state); the shapes and names were fetched once from
 * static files. Everything that came from data is put on screen with textContent, never as HTML.
 */

/**
 * @import { Manifest, PlanPaint, ViewMessage } from "../shared/messages.js"
 * @import { Controls } from "./controls.js"
 * @import { Pane } from "./panes.js"
 * @import { Shapes } from "./sheet.js"
 */

import { bus } from "../shared/bus.js";
import { viewAt } from "../shared/clock.js";
import { $ } from "../shared/dom.js";
import { readJson } from "../shared/files.js";
import { note } from "../shared/probe.js";
import { isDark } from "../shared/theme.js";
import { Archive } from "./archive.js";
import { tellWhatIsHere, tellWhere } from "./ask.js";
import { drawBase, setTiles } from "./base.js";
import { addControls } from "./controls.js";
import { noteOnMap } from "./later.js";
import { placeLabels } from "./labels.js";
import { drawBanner, drawCredit, drawLegend, recount } from "./legend.js";
import { Look } from "./look.js";
import { drawCells, drawClosures, drawDiscs, drawImports, tellPlaced } from "./overlays.js";
import { makePanes } from "./panes.js";
import { nothingYet, parseSvg, Sheet } from "./sheet.js";
import { Streets } from "./streets.js";
import { placeSymbols, visibleMarks } from "./symbols.js";
import { drawZones } from "./zones.js";

const FINISH_MS = 120;
const EXTENT = [[15.8, -78], [21.9, -68]];

/**
 * What becomes of a base that is switched.
 * @type {Record<string, string>}
 */
const TURNED = {
  "plan.standing": "plan.closed",
  "plan.closed": "plan.standing",
  "plan.on": "plan.off",
  "plan.off": "plan.on",
};

/**
 * Starts the map; from then on it draws what it is told.
 * @param {L.Map} map
 * @param {string} manifest  address of the manifest; the other files lie beside it
 */
export async function startMap(map, manifest) {
  themeOfPage();
  map.attributionControl.setPrefix(false);
  // Leaflet takes the focus at a click: a page that scrolls then turns the click into a drag
  const container = map.getContainer();
  const focus = container.focus.bind(container);
  container.focus = () => focus({ preventScroll: true });
  const panes = makePanes(map);
  map.setMinZoom(6.25).setMaxZoom(16).setMaxBounds(EXTENT);
  map.setView([19, -72.9], 8, { animate: false });
  try {
    new OperationsMap(await openSheet(map, panes, manifest)).start();
  } catch (error) {
    const words = "The map files could not be read. Restart the app; it makes them anew.";
    noteOnMap(map, $("div", "mm-box mm-fault", words));
    console.error("mssmap:", error);
  }
}

/**
 * @param {L.Map} map
 * @param {Record<string, Pane>} panes
 * @param {string} url
 */
async function openSheet(map, panes, url) {
  const manifest = /** @type {Manifest} */ (await readJson(url));
  const root = url.replace(/[^/]*$/, "");
  const files = Object.fromEntries(Object.entries(manifest.files).map(([name, file]) => [name, root + file]));
  document.body.append(parseSvg(manifest.patterns));
  const [ground, records] = await Promise.all([readJson(files.ground), readJson(files.records)]);
  const shapes = /** @type {Shapes} */ ({ .../** @type {object} */ (ground), records });
  return new Sheet(map, panes, manifest, shapes, files, root);
}

/**
 * The look of the page that holds the map, which the map takes over.
 * @returns {"light" | "dark"}
 */
function themeOfPage() {
  const page = bus.host.document.querySelector(".stApp") || bus.host.document.body;
  const name = isDark(getComputedStyle(page).backgroundColor) ? "dark" : "light";
  document.documentElement.classList.toggle("dark", name === "dark");
  // the frame of st_folium gets a style of its own at each theme, and takes none away
  const styles = [...document.head.querySelectorAll("style")];
  const themes = styles.filter((style) => style.textContent?.includes("--secondary-background-color"));
  themes.slice(0, -1).forEach((style) => style.remove());
  return name;
}

class OperationsMap {
  /** @param {Sheet} sheet */
  constructor(sheet) {
    this.sheet = sheet;
    sheet.palette = sheet.manifest.palettes[themeOfPage()];
    /** @type {Controls} */
    this.controls = addControls(sheet.map, sheet.manifest.jumps, (jump) => {
      this.look.touched();
      this.look.jumpTo(jump.bounds);
    });
    this.look = new Look(sheet, this.controls.legend);
    this.controls.legend.open = innerWidth > 620;
    this.archive = new Archive(sheet);
    this.streets = new Streets(sheet, () => {
      this.drawBase();
      drawCredit(sheet, this.controls, this.streets);
    });
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.finishing = undefined;
  }

  start() {
    this.look.fromAddress();
    this.drawBase();
    this.followHand();
    this.followPage();
    const view = bus.get("view");
    if (view) this.show(view);
  }

  /** What a person does on the map. */
  followHand() {
    const { look, sheet: { map } } = this;
    map.on("zoomend viewreset resize", () => {
      this.drawBase();
      this.streets.update();
      this.layout();
    });
    map.on("move", () => this.streets.follow());
    map.on("moveend", () => {
      this.finishSoon();
      this.streets.update();
      look.keepPlace();
    });
    map.on("click", (event) => this.click(event));
    map.on("mousemove", ({ latlng }) => {
      if (this.sheet.asked) tellWhere(this.sheet, latlng, this.controls.where);
    });
    map.on("mouseout", () => this.controls.where.replaceChildren());
    map.on("dragstart", () => look.touched());
    for (const name of ["wheel", "pointerdown", "keydown"]) {
      map.getContainer().addEventListener(name, () => look.touched(), { passive: true });
    }
    new ResizeObserver(() => {
      look.quietly(() => map.invalidateSize({ animate: false }));
      look.fitAgain();
    }).observe(map.getContainer());
  }

  /** What the page tells. */
  followPage() {
    const { sheet } = this;
    bus.on("view", (view) => this.show(view));
    bus.on("layers", (on) => {
      if (!sheet.asked) return;
      sheet.view.on = new Set(on);
      this.redraw(true);
    });
    bus.on("plan", (plan) => this.switchBases(plan));
    bus.on("day", (day) => this.play(day));
    bus.on("grade", (grade) => this.play({ ...sheet.view, title: sheet.view.banner.title, grade }));
    bus.on("theme", () => this.takeTheme());
  }

  takeTheme() {
    const { sheet } = this;
    const palette = sheet.manifest.palettes[themeOfPage()];
    if (palette === sheet.palette) return;
    sheet.palette = palette;
    sheet.discs.forEach((disc) => disc.remove());
    sheet.discs.clear();
    this.drawBase();
    this.redraw();
    this.archive.redraw();
  }

  /** @param {L.MouseEvent} event */
  click(event) {
    const { sheet } = this;
    if (!sheet.asked) return;
    if (sheet.view.placing) tellPlaced(sheet, event.latlng);
    else if (!this.archive.click(event)) tellWhatIsHere(sheet, event.latlng);
  }

  // ------------------------------------------------------------------------------------------------- a new view

  /**
   * Shows a view; one of other records than this map has read is for the map that takes its place (the data changed).
   * @param {ViewMessage} message
   */
  show(message) {
    const { sheet } = this;
    if (message.names !== sheet.manifest.files.records) return;
    const on = (message.listed && bus.get("layers")) || message.on;
    const grade = (message.listed && bus.get("grade")) || message.grade;
    const legend = [...message.more_legend, ...message.legend];
    const view = { ...nothingYet(), ...message, on: new Set(on), grade, legend };
    const { day, end, history, start } = view;
    sheet.view = history ? { ...view, ...viewAt(history, day, start, end, grade) } : view;
    sheet.asked = true;
    recount(sheet);
    if (setTiles(sheet, view.tiles)) this.drawBase();
    sheet.map.getContainer().setAttribute("role", "region");
    sheet.map.getContainer().setAttribute("aria-label", view.described);
    this.redraw();
    const { text, names, lang, zone_layer, records, zones, events } = sheet.view;
    bus.tell("shown", { text, names, lang, zone_layer, records, zones, events, on: message.on });
    this.look.follow(view.focus);
    note({ seq: view.seq, day: view.day });
  }

  /**
   * Shows another day or grade of the history in hand: `day`, `start` and `end` are days since 1970, `title` is the day
   * in words.
   * @param {{ day: number, start: number, end?: number, title: string, grade?: string }} asked
   */
  play({ day, start, end = day, title, grade = this.sheet.view.grade }) {
    const { view } = this.sheet;
    if (!this.sheet.asked || !view.history) return;
    Object.assign(view, { day, start, end, grade }, viewAt(view.history, day, start, end, grade));
    const { same, other } = view.banner;
    view.banner = { ...view.banner, title, sub: day === view.history.known_on ? same : other };
    recount(this.sheet);
    this.redraw(true);
    note({ day });
    bus.tell("played", { day });
  }

  /**
   * Bases of a plan that were just switched: their symbols and the cells they reach, before the server has answered.
   * @param {PlanPaint} plan
   */
  switchBases({ cells, on }) {
    const { sheet, sheet: { view } } = this;
    if (!sheet.asked) return;
    const lit = new Set(on);
    const isLit = (/** @type {string} */ symbol) => symbol === "plan.standing" || symbol === "plan.on";
    view.extra = view.extra.map((point) =>
      lit.has(point.id) === isLit(point.symbol) ? point : { ...point, symbol: TURNED[point.symbol] }
    );
    if (!view.agreement) view.cells = cells;
    drawCells(sheet);
    this.layout(true);
  }

  // ---------------------------------------------------------------------------------------------------- drawing

  drawBase() {
    drawBase(this.sheet, () => {
      this.drawBase();
      this.layout();
    });
  }

  /** Draws the view; `quick` while a hand moves: symbols in this frame, labels and legend a moment later. */
  redraw(quick = false) {
    const { controls, sheet } = this;
    if (!sheet.asked) return;
    this.drawBase();
    this.streets.update();
    drawCells(sheet);
    drawClosures(sheet);
    drawImports(sheet);
    this.archive.update();
    drawDiscs(sheet, visibleMarks(sheet));
    sheet.map.getContainer().classList.toggle("mm-placing", sheet.view.placing !== "");
    this.layout(quick);
    if (!quick) drawLegend(sheet, controls.legend);
    drawBanner(sheet, controls);
    drawCredit(sheet, controls, this.streets);
  }

  layout(quick = false) {
    const { sheet } = this;
    if (!sheet.asked) return;
    drawZones(sheet);
    placeSymbols(sheet);
    if (quick) this.finishSoon();
    else this.letter();
  }

  letter() {
    placeLabels(this.sheet);
    this.streets.letter();
  }

  /** Labels and legend, at most some times a second. */
  finishSoon() {
    if (this.finishing) return;
    this.finishing = setTimeout(() => {
      this.finishing = undefined;
      if (!this.sheet.asked) return;
      this.letter();
      drawLegend(this.sheet, this.controls.legend);
    }, FINISH_MS);
  }
}
