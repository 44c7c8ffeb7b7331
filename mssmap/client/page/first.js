/*
 * The first answer of the server shows the asked view as a still; it leaves when the live page has drawn the same.
 */

import { bus } from "../shared/bus.js";

/** So long the live page may take to draw its map once its frame is there, before the still leaves anyway. */
const LONGEST_MS = 30_000;
const LOOK_MS = 300;
/** So many looks in a row at a page that says it is finished, and has no map. */
const FINISHED = 15;

/** So long the files of the live page wait for the picture to be seen; a page in the background paints nothing. */
const UNSEEN_MS = 400;

const still = document.getElementById("mm-first");
const main = still?.querySelector("main");
let framed = 0;
let finished = 0;

/** The live page in place of the still, where the reader has scrolled to. */
function leave() {
  clearInterval(watch);
  if (!still?.isConnected) return;
  const page = document.querySelector('[data-testid="stMain"]');
  if (page && main) page.scrollTop = main.scrollTop;
  still.remove();
}

/** Begins to load the live page. */
function begin() {
  const behind = document.getElementById("mm-behind");
  if (!(behind instanceof HTMLTemplateElement)) return;
  behind.remove();
  document.body.append(document.importNode(behind.content, true));
}

/** @param {() => void} then  called when what was drawn just now has been seen */
const painted = (then) => requestAnimationFrame(() => requestAnimationFrame(() => requestAnimationFrame(then)));

/** Whether there is something else to see than the map: a page with a fault, or scripts of ours that cannot run. */
function isStuck() {
  const app = document.querySelector(".stApp");
  const frame = document.querySelector(".st-key-map iframe");
  if (document.querySelector('.mm-say.mm-error, [data-testid="stException"], [role="dialog"]')) return true;
  if (frame) framed ||= Date.now();
  if (framed && Date.now() - framed > LONGEST_MS) return true;
  const isFinished = !frame && app?.getAttribute("data-test-script-state") === "notRunning" &&
    app.getAttribute("data-test-connection-state") === "CONNECTED";
  finished = isFinished ? finished + 1 : 0;
  return finished > FINISHED;
}

const watch = setInterval(() => {
  if (isStuck()) leave();
}, LOOK_MS);

/** Key figures come a moment after the map, or before. */
function whenFigured() {
  const cards = document.querySelector(".st-key-figures");
  if (cards && cards.getBoundingClientRect().height > 20) painted(leave);
  else setTimeout(whenFigured, 16);
}

bus.on("shown", whenFigured);
requestAnimationFrame(() => setTimeout(begin));
setTimeout(begin, UNSEEN_MS);

const line = /** @type {{ connection?: { saveData?: boolean, effectiveType?: string } }} */ (navigator).connection;
if (still && (line?.saveData || /2g|3g/.test(line?.effectiveType ?? ""))) still.classList.add("mm-slow");
