/*
 * What a click on events of an archive says: the whole of one, or a choice of some.
 */

import { $ } from "../shared/dom.js";
import { fill } from "../shared/words.js";
import { choice } from "./popups.js";

/** @typedef {{ title: string, lines: string[], attribution: string }} ArchiveRecord */

export const LISTED = 10;

/**
 * The words of a record.
 * @param {ArchiveRecord} record
 */
const whole = ({ attribution, lines, title }) => [
  $("div", "mm-title", title),
  ...[...lines, attribution].map((line) => $("div", "mm-line", line)),
];

/**
 * @param {HTMLElement} box
 * @param {ArchiveRecord[]} records
 * @param {number} count  how many there are, of which these are the first
 * @param {Record<string, string>} say
 * @param {(n: number) => string} number
 */
export function tellRecords(box, records, count, say, number) {
  if (records.length === 1) {
    box.replaceChildren(...whole(records[0]));
    return;
  }
  const list = $("ul", "mm-list");
  for (const record of records) {
    const row = $("li");
    const open = () => box.replaceChildren(...whole(record));
    row.append(choice($("span"), record.title, record.lines[0], open));
    list.append(row);
  }
  box.replaceChildren($("div", "mm-title", fill(say.here, { n: number(count) })), list);
  const more = count - records.length;
  if (more > 0) box.append($("div", "mm-line", fill(say.more, { n: number(more) })));
}
