/*
 * Every road with what is reported about it; each cell that is written is an act.
 */

/**
 * @import { Component, RoadRow, RoadsMessage } from "../shared/messages.js"
 * @import { Input } from "./fields.js"
 */

import { $, focusedIn } from "../shared/dom.js";
import { headLine, options, put } from "./fields.js";
import { act, drawn, unseen } from "./in_hand.js";
import { slot } from "./widget.js";

/** @param {Component<RoadsMessage>} component */
export function roads(component) {
  const { data, parentElement } = component;
  const root = slot(component, "mm-roads");
  /** @type {Map<string, Input>} */
  const inputs = new Map();
  const body = $("tbody");
  body.append(...data.rows.map((row) => roadLine(row, data, inputs)));
  const table = $("table");
  const [first, ...others] = data.columns;
  const columns = [first, ...data.fields.map(([, title]) => title), ...others];
  table.append($("caption", "", data.caption), headLine(columns), body);
  const { at } = focusedIn(parentElement);
  root.tabIndex = 0;
  root.replaceChildren(table);
  if (at) inputs.get(at)?.focus();
  drawn("roads", root, () => {
    const said = unseen(data).filter((one) => one.kind === "road");
    for (const row of data.rows) {
      const values = Object.assign({}, row.values, ...said.filter((one) => one.road === row.id));
      for (const [name] of data.fields) {
        const input = inputs.get(`${row.id} ${name}`);
        if (input) put(input, values[name]);
      }
    }
  });
}

/**
 * @param {RoadRow} row
 * @param {RoadsMessage} data
 * @param {Map<string, Input>} inputs
 */
function roadLine(row, data, inputs) {
  const line = $("tr");
  const head = $("th", "", row.road);
  head.scope = "row";
  line.append(head);
  for (const [name, title, choices] of data.fields) {
    const input = choices ? $("select") : $("input");
    if (input instanceof HTMLSelectElement) options(input, choices ?? []);
    else input.maxLength = 400;
    if (name === "date" && input instanceof HTMLInputElement) input.type = "date";
    input.disabled = Boolean(data.barred);
    input.dataset.at = `${row.id} ${name}`;
    input.setAttribute("aria-label", `${title}, ${row.road}`);
    input.addEventListener("change", () => act({ kind: "road", road: row.id, [name]: input.value }, data.of));
    inputs.set(`${row.id} ${name}`, input);
    const cell = $("td");
    cell.append(input);
    line.append(cell);
  }
  line.append(...row.cells.map((text) => $("td", "mm-num", text)));
  return line;
}
