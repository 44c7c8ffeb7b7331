/*
 * Pictures of our symbols. They come with the manifest of the map; a picture that is wanted before waits for it.
 */

import { $ } from "../shared/dom.js";

/** @type {Record<string, string> | null} */
let known = null;
/** @type {(() => void)[]} */
let waiting = [];

/** @param {Record<string, string>} symbols */
export function knowGlyphs(symbols) {
  known = symbols;
  waiting.forEach((show) => show());
  waiting = [];
}

/** @param {string} symbol */
export function picture(symbol) {
  const image = $("img");
  const show = () => {
    image.src = "data:image/svg+xml," + encodeURIComponent(known?.[symbol] || "");
  };
  image.alt = "";
  if (known) show();
  else waiting.push(show);
  return image;
}
