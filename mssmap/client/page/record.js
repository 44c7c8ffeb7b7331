/*
 * One record: what, when, how precise, the figures side by side, its history, who says so.
 */

/** @import { CardMessage, Component, FigureRow, HistoryRow } from "../shared/messages.js" */

import { $, button, link } from "../shared/dom.js";
import { picture } from "./glyphs.js";
import { widget } from "./widget.js";

/**
 * @param {string} title
 * @param {HTMLElement} content
 */
function section(title, content) {
  const part = $("section");
  part.append($("h4", "", title), content);
  return part;
}

/**
 * @param {CardMessage} data
 * @param {() => void} onClose
 */
function cardHead(data, onClose) {
  const head = $("header");
  const title = $("div");
  const name = $("h3", "", data.title);
  if (data.lang) name.lang = data.lang;
  title.append(name, $("div", "mm-kind", data.kind));
  head.append(picture(data.symbol), title);
  if (data.close) {
    const close = button("×", onClose, "mm-close");
    close.setAttribute("aria-label", data.close);
    head.append(close);
  }
  return head;
}

/** @param {CardMessage["badges"]} badges */
function badgesOf(badges) {
  const made = $("div", "mm-badges");
  made.append(...badges.map(({ help, text, tone }) => {
    const node = $("span", "mm-badge " + (tone || ""), text);
    node.title = help || "";
    return node;
  }));
  return made;
}

/** @param {CardMessage["facts"]} facts */
function factsOf(facts) {
  const list = $("dl");
  for (const [name, value] of facts) list.append($("dt", "", name), $("dd", "", value));
  return list;
}

/** @param {FigureRow[]} rows */
function figuresOf(rows) {
  const table = $("table");
  table.append(...rows.map((row) => {
    const line = $("tr");
    const who = $("td");
    who.append(link(row.source, row.url));
    if (row.note) who.append($("div", "mm-note", row.note));
    line.append($("td", "mm-figure", row.value), who);
    return line;
  }));
  return table;
}

/** @param {HistoryRow[]} rows */
function historyOf(rows) {
  const list = $("ol", "mm-history");
  list.append(...rows.map((row) => {
    const item = $("li", row.now ? "now" : "");
    item.append($("div", "mm-when", row.when), $("div", "", row.what));
    if (row.note) item.append($("div", "mm-note", row.note));
    return item;
  }));
  return list;
}

/** @param {CardMessage["sources"]} sources */
function sourcesOf(sources) {
  const list = $("ul", "mm-sources");
  list.append(...sources.map((source) => {
    const item = $("li");
    const words = $("div");
    const by = [source.by, source.kept].filter(Boolean).join(" · ");
    words.append(link(source.title, source.url), $("div", "mm-note", by));
    item.append($("span", "mm-grade", source.grade), words);
    return item;
  }));
  return list;
}

/** @param {Component<CardMessage>} component */
export function record(component) {
  const { data, setTriggerValue } = component;
  const { labels } = data;
  const card = widget(component, "mm-record", (root) => ({ root, shown: "" }));
  card.root.replaceChildren(
    cardHead(data, () => setTriggerValue("closed", true)),
    badgesOf(data.badges),
    factsOf(data.facts),
    ...data.figures.map(({ label, rows }) => section(label, figuresOf(rows))),
    ...(data.note ? [section(labels.note, $("p", "", data.note))] : []),
    ...(data.history.length ? [section(labels.history, historyOf(data.history))] : []),
    ...(data.revisions.length ? [section(labels.revisions, historyOf(data.revisions))] : []),
    section(labels.sources, sourcesOf(data.sources)),
  );
  if (card.shown === data.id) return;
  card.shown = data.id;
  card.root.scrollTop = 0;
}
