/*
 * How far this document is, for those who look at it from outside: the one attribute `data-mssmap` of its root, in JSON.
 *
 * On the page: `asked`, the name of the view that the map was asked for. On the map, after each drawing: `seq`, the name
 * of the view that is drawn, `day`, `shown` (symbols), `counts` (of the legend), `cells`, `closures`, `imports`,
 * `archive`, `archiveFault` `streets` and `streetsMs`. That the attribute is there at all says that our scripts run (page.css).
 */

/** @import { ArchivePicture } from "./messages.js" */

/**
 * @typedef {object} Drawn
 * @property {string} [asked]
 * @property {string} [seq]
 * @property {number} [day]
 * @property {number} [shown]
 * @property {Record<string, number>} [counts]
 * @property {number} [cells]
 * @property {number} [closures]
 * @property {number} [imports]
 * @property {ArchivePicture | null} [archive]
 * @property {string} [archiveFault]
 * @property {number} [streets]  tiles of streets, once all are drawn
 * @property {number} [streetsMs]  how long the last ones took, from the view that asked for them
 */

/** @type {Drawn} */
const soFar = {};

/**
 * Adds to what is drawn.
 * @param {Drawn} more
 */
export function note(more) {
  document.documentElement.dataset.mssmap = JSON.stringify(Object.assign(soFar, more));
}
