/*
 * The picture of an archive on its canvas: cells with their counts, circles where the events are, or the events.
 */

/** @import { Picture, projection } from "./archive_answer.js" */

import { $ } from "../shared/dom.js";
import { shortNumber } from "./archive_answer.js";
import { classIn } from "./base.js";

/** @typedef {ReturnType<typeof projection>} Projection */
/** @typedef {(x: number, y: number) => number[]} Hits  positions of what lies under the hand, the nearest first */

/**
 * What the picture is drawn with.
 * @typedef {object} Look
 * @property {boolean} dark
 * @property {Record<string, string>} groups  colours of the groups of events
 */

const LIGHT = ["#e3eef9", "#abd0e6", "#6aaed6", "#3787c0", "#105ba4"];
const DARK = ["#17344d", "#1f5480", "#2f7ab3", "#5ba3d6", "#a9d0ef"];
const FONT = '600 11px "Source Sans", sans-serif';
const CORNERS = 6;
/** Pixels below which a cell has no number. */
const NARROW = 18;

/**
 * Colours of the classes.
 * @param {boolean} dark
 */
export const fillsOf = (dark) => (dark ? DARK : LIGHT);

/** @param {number} n */
const radiusOf = (n) => 6 + 3.2 * Math.log10(n) * 1.6;

/**
 * @param {CanvasRenderingContext2D} pen
 * @param {Picture} picture
 * @param {Projection} at
 * @param {{ x: number, y: number }} size
 * @param {Look} look
 * @returns {Hits}
 */
export function drawPicture(pen, picture, at, size, look) {
  pen.font = FONT;
  pen.textAlign = "center";
  pen.textBaseline = "middle";
  if (picture.mode === "cells") return drawHexagons(pen, picture, at, look);
  if (picture.mode === "clusters") return drawClusters(pen, picture, at, look);
  return drawPoints(pen, picture, at, size, look);
}

/**
 * Fills what the pen has gone round in the colour of a count, and says which class that is.
 * @param {CanvasRenderingContext2D} pen
 * @param {number} level
 * @param {boolean} dark
 * @param {number} alpha
 * @param {string} edge
 */
function fillShape(pen, level, dark, alpha, edge) {
  pen.globalAlpha = alpha;
  pen.fillStyle = fillsOf(dark)[level];
  pen.fill();
  pen.globalAlpha = 1;
  pen.strokeStyle = dark ? "#0e1a22" : edge;
  pen.stroke();
  pen.fillStyle = (level > 2) !== dark ? "#ffffff" : "#14212b";
}

/**
 * Goes round a cell, and says where its middle is.
 * @param {CanvasRenderingContext2D} pen
 * @param {Int32Array} ring
 * @param {number} cell
 * @param {Projection} at
 */
function goRound(pen, ring, cell, at) {
  let [x, y] = [0, 0];
  pen.beginPath();
  for (let corner = 0; corner < CORNERS; corner += 1) {
    const first = 2 * (CORNERS * cell + corner);
    const [px, py] = [at.x(ring[first + 1]), at.y(ring[first])];
    x += px / CORNERS;
    y += py / CORNERS;
    if (corner) pen.lineTo(px, py);
    else pen.moveTo(px, py);
  }
  pen.closePath();
  return [x, y];
}

/**
 * @param {CanvasRenderingContext2D} pen
 * @param {Picture} picture
 * @param {Projection} at
 * @param {Look} look
 * @returns {Hits}
 */
function drawHexagons(pen, picture, at, { dark }) {
  const { classes, n, ring } = picture;
  const wide = n.length ? Math.abs(at.x(ring[1]) - at.x(ring[7])) : 0;
  pen.lineWidth = 0.8;
  for (let i = 0; i < n.length; i += 1) {
    const [x, y] = goRound(pen, ring, i, at);
    fillShape(pen, classIn(n[i], classes), dark, 0.78, "#ffffff");
    if (wide >= NARROW) pen.fillText(shortNumber(n[i]), x, y);
  }
  return nearest(picture, at, () => wide / 2);
}

/**
 * @param {CanvasRenderingContext2D} pen
 * @param {Picture} picture
 * @param {Projection} at
 * @param {Look} look
 * @returns {Hits}
 */
function drawClusters(pen, picture, at, { dark }) {
  const { classes, lat, lon, n } = picture;
  pen.lineWidth = 1.2;
  for (let i = 0; i < n.length; i += 1) {
    const [x, y] = [at.x(lon[i]), at.y(lat[i])];
    pen.beginPath();
    pen.arc(x, y, radiusOf(n[i]), 0, 7);
    fillShape(pen, classIn(n[i], classes), dark, 0.88, "#1c2730");
    pen.fillText(shortNumber(n[i]), x, y);
  }
  return nearest(picture, at, (i) => radiusOf(n[i]) + 2);
}

/** @type {Map<string, HTMLCanvasElement>} */
const dots = new Map();

/**
 * The dot of a group, drawn once.
 * @param {string} colour
 * @param {boolean} dark
 */
function dotOf(colour, dark) {
  const key = colour + dark;
  const known = dots.get(key);
  if (known) return known;
  const node = $("canvas");
  const pen = node.getContext("2d");
  node.width = node.height = 24;
  dots.set(key, node);
  if (!pen) return node;
  pen.scale(2, 2);
  pen.arc(6, 6, 4.4, 0, 7);
  pen.fillStyle = colour;
  pen.fill();
  pen.lineWidth = 1.2;
  pen.strokeStyle = dark ? "#f0e442" : "#1c2730";
  pen.stroke();
  return node;
}

/**
 * @param {CanvasRenderingContext2D} pen
 * @param {Picture} picture
 * @param {Projection} at
 * @param {{ x: number, y: number }} size
 * @param {Look} look
 * @returns {Hits}
 */
function drawPoints(pen, picture, at, size, { dark, groups: colours }) {
  const { category, groups, lat, lon, row } = picture;
  for (let i = 0; i < row.length; i += 1) {
    const [x, y] = [at.x(lon[i]), at.y(lat[i])];
    if (x <= -6 || y <= -6 || x >= size.x + 6 || y >= size.y + 6) continue;
    pen.drawImage(dotOf(colours[groups[category[i]]] || "#666666", dark), x - 6, y - 6, 12, 12);
  }
  return nearest(picture, at, () => 8);
}

/**
 * @param {Picture} picture
 * @param {Projection} at
 * @param {(i: number) => number} reach  pixels around each place
 * @returns {Hits}
 */
export function nearest({ lat, lon }, at, reach) {
  return (x, y) => {
    /** @type {[number, number][]} */
    const found = [];
    for (let i = 0; i < lon.length; i += 1) {
      const far = Math.hypot(at.x(lon[i]) - x, at.y(lat[i]) - y);
      if (far <= reach(i)) found.push([far, i]);
    }
    return found.sort((a, b) => a[0] - b[0]).map(([, i]) => i);
  };
}
