/*
 * The row of key figures.
 */

/** @import { Component, FigureCard, FiguresMessage } from "../shared/messages.js" */

import { bus } from "../shared/bus.js";
import { $ } from "../shared/dom.js";
import { Rest } from "../shared/rest.js";
import { Asker } from "./answer.js";
import { widget } from "./widget.js";

const MORE_MS = 400;

/** @param {FigureCard} item */
function cardOf(item) {
  const card = $("div", "mm-card");
  card.setAttribute("role", "listitem");
  card.title = item.help || "";
  const value = $("div", "mm-value", item.value);
  if (item.of) value.append($("span", "mm-of", item.of));
  card.append(value, $("div", "mm-label", item.label), $("div", "mm-sub", item.sub));
  return card;
}

class Figures {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root;
    this.rest = new Rest(MORE_MS);
    this.isLive = false;
    /** @type {Asker | null} */
    this.asker = null;
    root.setAttribute("role", "list");
  }

  /** @param {Component<FiguresMessage>} component */
  update({ data, setTriggerValue, signal }) {
    this.root.replaceChildren(...data.items.map(cardOf));
    this.rest.stop();
    if (data.view !== undefined) this.follow(data.view, signal);
    if (data.ask !== null && data.ask !== undefined) {
      this.rest.soon(() => {
        if (!signal.aborted) setTriggerValue("more", data.ask);
      });
    }
    if (this.isLive || !data.live) return;
    this.isLive = true;
    bus.on("headline", ({ of, value }) => {
      const node = this.root.querySelector(".mm-value");
      if (!node) return;
      node.replaceChildren(value, $("span", "mm-of", of));
      this.root.dataset.painted = value;
    }, signal);
  }

  /**
   * Show the figures of wherever the hand is, before the script of the page has run.
   * @param {string} view
   * @param {AbortSignal} signal
   */
  follow(view, signal) {
    if (!this.asker) {
      this.asker = new Asker();
      this.asker.listen(signal);
      bus.on("answer", ({ items }) => this.root.replaceChildren(...items.map(cardOf)), signal);
    }
    this.asker.serve(view);
  }
}

/** @param {Component<FiguresMessage>} component */
export function figures(component) {
  widget(component, "mm-figures", (root) => new Figures(root)).update(component);
}
