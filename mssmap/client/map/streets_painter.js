/*
 * Who draws the tiles of streets: a worker beside the page, or the page itself where there is none, a tile a frame.
 */

/**
 * @import { StreetTile } from "../shared/messages.js"
 * @import { Sheet } from "./sheet.js"
 * @import { Wish } from "./streets_names.js"
 * @import { Place } from "./streets_paint.js"
 */

import { isCarried, readBytes, readJson } from "../shared/files.js";
import { readLater } from "./later.js";
import { paintTile } from "./streets_paint.js";

/** Tiles that are kept in memory. */
const MOST_TILES = 160;

/** @typedef {{ number: number, picture: ImageBitmap, wishes: Wish[] }} Answer */

export class Painter {
  /** @param {Sheet} sheet */
  constructor(sheet) {
    this.sheet = sheet;
    /** @type {Map<string, Promise<StreetTile | null>>} */
    this.read = new Map();
    /** Tiles that the worker has: the first is the one that was sent first. @type {Set<string>} */
    this.sent = new Set();
    /** @type {Map<number, (answer: Answer | null) => void>} */
    this.waiting = new Map();
    this.number = 0;
    this.worker = isCarried() || !globalThis.OffscreenCanvas ? null : this.begun();
  }

  /**
   * Starts the worker; if it cannot run, the page draws by itself from then on.
   */
  begun() {
    const { manifest, root } = this.sheet;
    const worker = new Worker(root + manifest.painter);
    worker.addEventListener("message", ({ data }) => {
      this.waiting.get(data.number)?.(data);
      this.waiting.delete(data.number);
    });
    worker.addEventListener("error", () => {
      this.worker = null;
      for (const answered of this.waiting.values()) answered(null);
      this.waiting.clear();
    });
    return worker;
  }

  /**
   * Draws a tile on a canvas that is new.
   * @param {HTMLCanvasElement} node
   * @param {string} name
   * @param {Place} place
   * @returns {Promise<Wish[] | null>}  names that it wants; null if it did not come
   */
  async paint(node, name, place) {
    if (this.worker) {
      const answer = await this.ordered(this.worker, name, place);
      if (answer) {
        node.width = place.width * place.dense;
        node.height = place.height * place.dense;
        node.getContext("bitmaprenderer")?.transferFromImageBitmap(answer.picture);
        return answer.wishes;
      }
      if (this.worker) return null;
    }
    const content = await this.content(name);
    await new Promise(requestAnimationFrame);
    return content && paintTile(node, content, place);
  }

  /**
   * @param {Worker} worker
   * @param {string} name
   * @param {Place} place
   * @returns {Promise<Answer | null>}
   */
  async ordered(worker, name, place) {
    const bytes = this.sent.has(name) ? null : await readLater(this.sheet, this.at(name), readBytes);
    if (bytes === undefined || this.worker !== worker) return null;
    const number = this.number += 1;
    const forgotten = bytes ? this.keep(name) : "";
    return new Promise((answered) => {
      this.waiting.set(number, answered);
      worker.postMessage({ number, name, bytes, forgotten, place }, bytes ? [/** @type {ArrayBuffer} */ (bytes)] : []);
    });
  }

  /**
   * Notes that the worker has a tile; returns the one that it is to forget.
   * @param {string} name
   */
  keep(name) {
    this.sent.add(name);
    const [oldest] = this.sent;
    if (this.sent.size <= MOST_TILES) return "";
    this.sent.delete(oldest);
    return oldest;
  }

  /** @param {string} name */
  at(name) {
    return `${this.sheet.root}../../streets/${name}`;
  }

  /** @param {string} name */
  content(name) {
    let found = this.read.get(name);
    if (!found) {
      found = readLater(this.sheet, this.at(name), readJson).then((content) => {
        if (content === undefined) this.read.delete(name);
        return /** @type {StreetTile | null} */ (content ?? null);
      });
      this.read.set(name, found);
      const [oldest] = this.read.keys();
      if (this.read.size > MOST_TILES) this.read.delete(oldest);
    }
    return found;
  }
}
