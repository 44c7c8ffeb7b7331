/*
 * The panel of the archives on the map: which one, how much of it is in view, the key of its colours, its filter.
 */

/** @import { ArchiveItem } from "../shared/messages.js" */

import { $, button, option } from "../shared/dom.js";

/**
 * @typedef {object} Acts
 * @property {(name: string) => void} choose
 * @property {() => void} cancel
 */

export class ArchivePanel {
  /**
   * @param {Acts} acts
   * @param {HTMLElement} filter
   */
  constructor(acts, filter) {
    this.root = $("section", "mm-box mm-archive");
    this.choice = $("select");
    this.told = $("div", "mm-archive-told");
    this.key = $("div", "mm-archive-key");
    this.busy = $("div", "mm-archive-busy");
    this.bar = $("progress");
    this.cancel = button("", () => acts.cancel());
    this.from = $("div", "mm-line");
    this.choice.addEventListener("change", () => acts.choose(this.choice.value));
    this.told.setAttribute("role", "status");
    this.busy.append(this.bar, this.cancel);
    this.busy.hidden = true;
    this.root.append(this.choice, this.told, this.key, this.busy, filter, this.from);
  }

  /**
   * Names of the archives, and what is to be said of the one that is chosen.
   * @param {ArchiveItem[]} items
   * @param {ArchiveItem} chosen
   * @param {Record<string, string>} say
   */
  list(items, chosen, say) {
    this.root.setAttribute("aria-label", say["imports.archives"]);
    this.choice.setAttribute("aria-label", say["imports.archives"]);
    this.choice.replaceChildren(...items.map((item) => option(item.name, item.title)));
    this.choice.value = chosen.name;
    this.cancel.textContent = say.cancel;
    this.bar.setAttribute("aria-label", say.archive_slow);
    this.from.textContent = chosen.attribution;
  }

  /**
   * The key of the colours.
   * @param {string[]} words
   * @param {string[]} fills
   */
  drawKey(words, fills) {
    this.key.replaceChildren(...words.map((text, i) => {
      const part = $("span", "", text);
      const swatch = $("i");
      swatch.style.background = fills[i];
      part.prepend(swatch);
      return part;
    }));
  }
}
