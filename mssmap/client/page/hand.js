/*
 * Which plan: choose, name, copy, undo, redo and delete plans.
 */

/** @import { Component, HandMessage } from "../shared/messages.js" */

import { $, button } from "../shared/dom.js";
import { fill } from "../shared/words.js";
import { queue } from "./acts.js";
import { field, options, put } from "./fields.js";
import {
  act,
  catchUp,
  choose,
  current,
  drawn,
  goOn,
  newPlan,
  page,
  planInHand,
  planWanted,
  stateOf,
  still,
} from "./in_hand.js";
import { widget } from "./widget.js";

const BASELINE = "baseline";
const LONGEST_NAME = 200;

/** A plan that this window made and whose making still waits: after a reload it is the one in hand. */
function leftBehind() {
  const own = queue().read().mine.filter(([key, { kind }]) => kind === "create" && key.endsWith(queue().tab));
  return own.length ? own[own.length - 1][1].plan : "";
}

/** Name of the plan in hand, with a change of it that waits. */
function nameInHand() {
  const plan = planInHand();
  if (!plan) return "";
  const names = queue().waiting(plan).flatMap((one) =>
    one.kind === "rename" || one.kind === "create" || one.kind === "copy" ? [one.name] : []
  );
  return names.length ? names[names.length - 1] : stateOf(plan)?.name ?? "";
}

/** A copy is a plan of its own; it is in hand as soon as it is stored. */
function copy() {
  const { data } = page;
  if (!data) return;
  const made = newPlan();
  const name = fill(data.words.copy_of, { name: nameInHand() || data.next }).slice(0, LONGEST_NAME);
  const of = current(data.of);
  queue().add(
    of ? { plan: made, kind: "copy", of, name } : { plan: made, kind: "create", name, ...data.days },
  );
  goOn(made);
}

/**
 * A plan in the bin.
 * @param {string} plan
 * @param {string} title
 * @param {string} back
 */
function binLine(plan, title, back) {
  const line = $("li");
  const bring = button(back, () => {
    queue().add({ plan, kind: "bring_back" });
    choose(plan);
  });
  line.append($("span", "", title), bring);
  return line;
}

class Hand {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root;
    this.choice = $("select");
    this.name = $("input");
    this.name.maxLength = LONGEST_NAME;
    this.labels = { plan: field("", this.choice), name: field("", this.name) };
    this.barred = $("p", "mm-barred");
    this.undo = button("", () => this.act("undo"));
    this.redo = button("", () => this.act("redo"));
    this.copy = button("", copy);
    this.remove = button("", () => this.ask(), "mm-quiet");
    this.sure = $("div", "mm-sure");
    this.sure.hidden = true;
    this.sure.setAttribute("role", "alertdialog");
    this.bin = $("details", "mm-bin");
    this.binHead = $("summary");
    this.binList = $("ul");
    this.choice.addEventListener("change", () => choose(this.choice.value));
    this.name.addEventListener("change", () => this.rename());
    const bar = $("div", "mm-acts");
    bar.append(this.undo, this.redo, this.copy);
    this.bin.append(this.binHead, this.binList);
    const { name, plan } = this.labels;
    root.append(plan.node, this.barred, bar, name.node, this.remove, this.sure, this.bin);
  }

  /** @param {"undo" | "redo" | "delete"} kind */
  act(kind) {
    if (page.data) act({ kind }, page.data.of);
  }

  rename() {
    const name = this.name.value.trim();
    if (name && page.data) act({ kind: "rename", name }, page.data.of);
    else this.name.value = nameInHand();
  }

  /** Asks whether the plan is really to be deleted. */
  ask() {
    this.sure.hidden = false;
    this.sure.querySelector("button")?.focus();
  }

  /** @param {HandMessage} data */
  tell({ barred, deleted, words }) {
    this.barred.textContent = barred || "";
    this.barred.hidden = !barred;
    this.labels.plan.words.textContent = words.plan;
    this.labels.name.words.textContent = words.name;
    this.undo.textContent = words.undo;
    this.redo.textContent = words.redo;
    this.copy.textContent = words.copy;
    this.remove.textContent = words.delete;
    this.binHead.textContent = `${words.deleted} (${deleted.length})`;
    this.binList.replaceChildren(...deleted.map(([id, title]) => binLine(id, title, words.back)));
  }

  draw() {
    const { data } = page;
    if (!data) return;
    const plan = current(data.of);
    const name = nameInHand();
    const wanted = planWanted() || BASELINE;
    const isListed = data.plans.some(([id]) => id === wanted);
    options(this.choice, isListed ? data.plans : [...data.plans, [wanted, wanted === plan ? name : wanted]]);
    this.choice.value = wanted;
    put(this.name, name);
    this.drawSwitches(data, plan);
    this.drawQuestion(data, plan, name);
    catchUp();
  }

  /**
   * @param {HandMessage} data
   * @param {string} plan
   */
  drawSwitches(data, plan) {
    const state = stateOf(plan);
    const waits = plan ? queue().waiting(plan).length > 0 : false;
    const barred = Boolean(data.barred) || page.chosen !== null; // what is pressed is about the plan that is chosen
    this.undo.disabled = barred || !plan || !(waits || state?.undo);
    this.redo.disabled = barred || !plan || !(waits || state?.redo);
    this.copy.disabled = barred;
    this.labels.name.node.hidden = this.remove.hidden = !plan;
    this.name.disabled = this.remove.disabled = barred;
    this.bin.hidden = Boolean(data.barred) || !data.deleted.length;
  }

  /**
   * @param {HandMessage} data
   * @param {string} plan
   * @param {string} name
   */
  drawQuestion({ words }, plan, name) {
    const { sure } = this;
    if (!plan) sure.hidden = true;
    if (sure.dataset.plan === `${plan} ${name}`) return;
    sure.dataset.plan = `${plan} ${name}`;
    sure.hidden = true;
    const question = fill(words.sure, { name: `“${name}”` });
    const yes = button(words.yes, () => {
      sure.hidden = true;
      this.act("delete");
    });
    const no = button(words.no, () => {
      sure.hidden = true;
      this.remove.focus();
    });
    sure.setAttribute("aria-label", question);
    sure.replaceChildren($("p", "", question), yes, no);
  }
}

/** @param {Component<HandMessage>} component */
export function hand(component) {
  const { data, setTriggerValue } = component;
  page.again = (value) => setTriggerValue("again", value);
  page.choose = (value) => setTriggerValue("chosen", value);
  page.data = data;
  if (page.chosen && page.chosen.at <= data.asked) page.chosen = null;
  queue().serve(data);
  still(data);
  const left = !data.of && !page.heir && leftBehind();
  if (left && left !== data.gone) page.heir = { of: new Set([""]), plan: left, seen: false };
  const own = widget(component, "mm-hand", (root) => new Hand(root));
  own.tell(data);
  drawn("hand", own.root, () => own.draw());
  page.early.splice(0).forEach(([deed, of]) => act(deed, of));
  queue().changed(); // the others may have come before it
}
