/*
 * The plan in hand: which one it is, what a person did to it, and what of that the page does not show yet.
 *
 * What a person does becomes an act in the queue (acts.js) and is on the screen at once; what the screen calls saved, the
 * server has answered. Each component gets the values of one version of the plan, and lays over them the acts that this
 * version does not hold.
 */

/** @import { Act, Deed, HandMessage, OfPlan, Values, Version } from "../shared/messages.js" */

import { bus } from "../shared/bus.js";
import { switched } from "../shared/coverage.js";
import { newId, queue } from "./acts.js";

const AGAIN_MS = 6000;

/**
 * `heir` is the plan that this window went on with in place of the one that the page still shows; `asked` the last run
 * that was asked for; `chosen` the plan that a person chose; `early` what was clicked before the page knew whose plan it
 * is.
 */
export const page = {
  data: /** @type {HandMessage | null} */ (null),
  heir: /** @type {{ of: Set<string>, plan: string, seen: boolean } | null} */ (null),
  told: /** @type {Version | null} */ (null),
  asked: /** @type {{ plan: string, newest: number, at: number } | null} */ (null),
  chosen: /** @type {{ plan: string, at: number } | null} */ (null),
  early: /** @type {[Deed, string][]} */ ([]),
  again: (/** @type {{ plan: string, at: number }} */ _asked) => {},
  choose: (/** @type {{ plan: string, at: number }} */ _chosen) => {},
};

let isBegun = false;

/** Listens to the map and to the watcher of the plan, once. */
export function beginHand() {
  if (isBegun) return;
  isBegun = true;
  bus.on("placed", ([lat, lon]) => {
    act({ kind: "place", proposal: ownId(), lon, lat }, page.data ? page.data.of : "");
  });
  bus.on("version", (told) => {
    page.told = told;
    catchUp();
  });
  setInterval(() => { // what is asked while the socket is away is lost
    chooseAgain();
    catchUp();
  }, AGAIN_MS);
}

export const newPlan = () => `plan-${newId().replaceAll("-", "").slice(0, 12)}`;
export const ownId = () => `own-${newId().replaceAll("-", "").slice(0, 8)}`;

/**
 * Id of the plan that acts on `of` go to. A baseline that was changed is a plan since, and what was copied is the copy:
 * a component that still shows what was there before means the new one.
 * @param {string} of
 */
export const current = (of) => (page.heir && page.heir.of.has(of) ? page.heir.plan : of);

/** The plan in hand; nothing while the page shows the baseline, or nothing yet. */
export const planInHand = () => (page.data ? current(page.data.of) : "");

/** The plan that the page shows, or the one that a person chose and that it does not show yet. */
export const planWanted = () => page.chosen?.plan ?? planInHand();

/**
 * Go on with a new plan in place of the one in hand. The page may have some of the way there still to come (the changed
 * baseline, then its copy): what it shows of that way means the new plan too.
 * @param {string} plan
 */
export function goOn(plan) {
  const way = page.heir && !page.heir.seen ? [...page.heir.of, page.heir.plan] : [];
  page.heir = { of: new Set([page.data ? page.data.of : "", ...way]), plan, seen: false };
  writeAddress(plan);
}

/**
 * The page has other data: is what it shows still the plan that this window went on with?
 * @param {HandMessage} data
 */
export function still({ gone, of }) {
  const { heir } = page;
  if (!heir) return;
  if (of === heir.plan) heir.seen = true;
  else if (!heir.of.has(of) || heir.seen || gone === heir.plan) page.heir = null;
}

/**
 * Take another plan in hand.
 * @param {string} plan
 */
export function choose(plan) {
  page.heir = null;
  page.chosen = { plan, at: Date.now() };
  page.choose(page.chosen);
  queue().changed();
}

/** Ask again for the plan that a person chose until the page has heard of it or the person goes on with what it shows. */
function chooseAgain() {
  if (page.chosen) page.choose(page.chosen);
}

/**
 * Do something to the plan that a component shows; the first change of the baseline makes a plan.
 * @param {Deed} deed
 * @param {string} of
 */
export function act(deed, of) {
  const { data } = page;
  if (!data) {
    page.early.push([deed, of]);
    return;
  }
  if (data.barred) return;
  page.chosen = null;
  let plan = current(of);
  if (!plan) {
    plan = newPlan();
    goOn(plan);
    queue().add({ plan, kind: "create", name: data.next, ...data.days });
  }
  queue().add({ plan, ...deed });
}

/**
 * Write the plan into the address at once, so that a reload finds it again.
 * @param {string} plan
 */
function writeAddress(plan) {
  const to = new URL(location.href);
  to.searchParams.set("scenario", plan);
  history.replaceState(history.state, "", to.href);
}

/**
 * The latest state of a plan that this window has heard of, by an answer or by the page; nothing if of neither.
 * @param {string} plan
 */
export function stateOf(plan) {
  const heard = queue().heard.get(plan) ?? null;
  const read = page.data?.plan?.id === plan ? page.data.plan : null;
  return heard && (!read || heard.version > read.version) ? heard : read;
}

/**
 * Acts on a plan that these data do not hold yet.
 * @param {OfPlan} data
 * @returns {Act[]}
 */
export const unseen = (data) => (current(data.of) ? queue().unseen(current(data.of), data.version) : []);

/**
 * Values of a component with the fields of such acts laid over them.
 * @param {OfPlan & { values: Values }} data
 * @param {Act["kind"]} kind
 * @returns {Record<string, unknown>}
 */
export const overlaid = (data, kind) =>
  Object.assign({}, data.values, ...unseen(data).filter((one) => one.kind === kind));

/**
 * Bases that are on: as the server says of its latest version, with what it does not hold yet.
 * @param {OfPlan} data
 * @param {string[]} listed
 */
export function activeBases(data, listed) {
  const plan = current(data.of);
  const heard = queue().heard.get(plan);
  const isNewer = heard && heard.version > data.version;
  return isNewer ? switched(heard.active, queue().waiting(plan)) : switched(listed, unseen(data));
}

/**
 * Ask for a run of the page once nothing waits and the store holds a later version than the page shows. Not while a plan
 * that a person chose is still to come: the page would go back to the one that it shows.
 */
export function catchUp() {
  const { asked, chosen, data, told } = page;
  const plan = planInHand();
  if (!data || !plan || chosen || queue().waiting(plan).length) return;
  const heard = queue().heard.get(plan);
  const newest = Math.max(heard ? heard.version : 0, told && told.id === plan ? told.version : 0);
  const shown = data.plan && data.plan.id === plan ? data.plan.version : 0;
  if (newest <= shown) return;
  if (asked && asked.plan === plan && asked.newest === newest && Date.now() - asked.at < AGAIN_MS) return;
  page.asked = { plan, newest, at: Date.now() };
  page.again({ plan, at: page.asked.at });
}

/**
 * Draw a component now, and whenever the queue changes as long as it is on the page.
 * @param {string} name
 * @param {HTMLElement} root
 * @param {() => void} draw
 */
export function drawn(name, root, draw) {
  queue().watch(name, () => {
    if (root.isConnected) draw();
    else queue().watch(name, null);
  });
  draw();
}
