/*
 * Whether what is on the screen is stored; what was not taken, and what a person can do about it.
 */

/** @import { Component, Refusal, SavedMessage } from "../shared/messages.js" */

import { $, button } from "../shared/dom.js";
import { fill } from "../shared/words.js";
import { queue } from "./acts.js";
import { act, choose, drawn, ownId, planInHand, stateOf } from "./in_hand.js";
import { widget } from "./widget.js";

/** @typedef {[string, () => void]} Offer  words of a button and what it does */
/** @typedef {{ kind: string, words: string, offers?: Offer[] }} Line */

/** @param {Component<SavedMessage>} component */
export function saved(component) {
  const own = widget(component, "mm-saved", (root) => ({ root, data: component.data }));
  own.data = component.data;
  own.root.setAttribute("role", "status");
  drawn("saved", own.root, () => {
    const { data } = own;
    tellLines(own.root, [statusLine(data), ...queueLines(data), ...refusalLines(data), ...pageLines(data)], "mm-line");
  });
}

/**
 * Draw lines unless they are there already: a reader hears each line once.
 * @param {HTMLElement} root
 * @param {Line[]} lines
 * @param {string} className
 */
export function tellLines(root, lines, className) {
  const text = JSON.stringify(lines.map(({ kind, words }) => [kind, words]));
  if (root.dataset.said === text) return;
  root.dataset.said = text;
  root.replaceChildren(...lines.map(({ kind, words, offers = [] }) => {
    const line = $("div", `${className} ${kind}`);
    line.append($("span", "", words), ...offers.map(([label, onClick]) => button(label, onClick)));
    return line;
  }));
}

/**
 * @param {SavedMessage} data
 * @returns {Line}
 */
function statusLine({ words }) {
  const plan = planInHand();
  if (!plan) return { kind: "quiet", words: words.baseline };
  const { ended, failures, fault } = queue();
  const n = queue().waiting(plan).length;
  if (n) {
    const why = fault || (ended ? words.ended : words.trying);
    const told = failures > 1 || ended ? ` · ${why}` : "";
    return { kind: "waiting", words: fill(words.waiting, { n }) + told };
  }
  const state = stateOf(plan);
  if (!state || state.deleted) return { kind: "quiet", words: "" };
  return { kind: "quiet", words: fill(words.saved, { version: state.version, time: state.at.slice(11, 19) }) };
}

/**
 * @param {SavedMessage} data
 * @returns {Line[]}
 */
function queueLines({ words }) {
  const { mine, others } = queue().read();
  const plan = planInHand();
  const elsewhere = mine.filter(([, one]) => one.plan !== plan).length;
  const lines = [];
  if (!queue().kept && mine.length) lines.push({ kind: "warn", words: words.unkept });
  if (elsewhere) lines.push({ kind: "waiting", words: fill(words.elsewhere, { n: elsewhere }) });
  if (others) lines.push({ kind: "warn", words: fill(words.others, { n: others }) });
  return lines;
}

/**
 * @param {SavedMessage} data
 * @returns {Line[]}
 */
function refusalLines({ words }) {
  return queue().told.map((one) =>
    one.state === "gone"
      ? { kind: "warn", words: goneWords(one, words.gone), offers: goneOffers(one, words) }
      : { kind: "warn", words: one.text ?? "", offers: refusalOffers(one, words) }
  );
}

/**
 * @param {Refusal} one
 * @param {string} words
 */
const goneWords = ({ plan }, words) => fill(words, { n: queue().waiting(plan).length });

/**
 * @param {Refusal} one
 * @param {Record<string, string>} words
 * @returns {Offer[]}
 */
function goneOffers({ plan }, words) {
  const revive = () => {
    queue().revive(plan);
    choose(plan);
  };
  return [[words.revive, revive], [words.discard, () => queue().discard(plan)]];
}

/**
 * @param {Refusal} one
 * @param {Record<string, string>} words
 * @returns {Offer[]}
 */
function refusalOffers(one, words) {
  /** @type {Offer[]} */
  const offers = [[words.close, () => queue().settle(one)]];
  if (!one.suggested) return offers;
  const [lon, lat] = one.suggested;
  const name = one.act.kind === "place" ? one.act.name : "";
  const there = () => {
    queue().settle(one);
    act({ kind: "place", proposal: ownId(), name: name || "", lon, lat }, one.plan);
  };
  return [[words.there, there], ...offers];
}

/**
 * @param {SavedMessage} data
 * @returns {Line[]}
 */
function pageLines({ barred, deleted, missing, notes, words }) {
  /** @type {Line[]} */
  const lines = notes.map((text) => ({ kind: "warn", words: text }));
  if (missing && !queue().waiting(missing.plan).length && !queue().heard.has(missing.plan)) {
    lines.push({ kind: "warn", words: missing.text });
  }
  if (deleted) {
    const bring = () => {
      queue().add({ plan: deleted.plan, kind: "bring_back" });
      choose(deleted.plan);
    };
    lines.push({ kind: "warn", words: deleted.text, offers: barred ? [] : [[words.back, bring]] });
  }
  return lines;
}
