/*
 * The map in its frame on a page of the app. The script of the frame says when the Leaflet map is there (maps/base.py).
 */

import { bus } from "../shared/bus.js";
import { startMap } from "./main.js";

bus.join(/** @type {Window & typeof globalThis} */ (globalThis.parent));
document.addEventListener("mssmap:start", (event) => {
  const { map, manifest } = /** @type {CustomEvent<{ map: L.Map, manifest: string }>} */ (event).detail;
  startMap(map, manifest);
}, { once: true });
