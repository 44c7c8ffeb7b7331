/*
 * What is true on a day, worked out in the browser from the spells and events known on one day.
 *
 * The same rule as mssmap.records.timeline and mssmap.records.views; a property test feeds both and compares. Days are
 * whole numbers (days since 1 January 1970, UTC), `null` is an open end.
 */

/** @import { Doubt, EventRow, Happening, History, RecordRow, Spell, ZoneRow } from "./messages.js" */

import { LOWEST, passes } from "./grades.js";
import { fill } from "./words.js";

/**
 * Days since the last report about a spell, as seen on `day`; never below 0.
 * @param {Pick<Spell, "known" | "reports">} spell
 * @param {number} day
 * @param {number} knownOn
 */
export function ageOf(spell, day, knownOn) {
  const limit = Math.min(day, knownOn);
  let seen = spell.known;
  for (const reported of spell.reports) if (reported <= limit && reported > seen) seen = reported;
  return Math.max(0, day - seen);
}

/**
 * @param {number} days
 * @param {History["words"]} words
 */
export function ageInWords(days, words) {
  if (days === 0) return words.today;
  if (days === 1) return words.one_day;
  if (days < 60) return fill(words.days, { n: days });
  if (days < 730) return fill(words.months, { n: Math.round(days / 30.44) });
  return fill(words.years, { n: Math.round(days / 365.25) });
}

/**
 * @param {{ from: number, to: number | null }} item
 * @param {number} first
 * @param {number} last
 */
const touches = (item, first, last) => item.from <= last && (item.to === null || item.to >= first);

/**
 * The spell of each record that holds on a day: of two the one that began later, then the one known later.
 * @param {Spell[]} spells
 * @param {number} day
 */
export function latestOf(spells, day) {
  /** @type {Map<string, Spell>} */
  const latest = new Map();
  for (const spell of spells) {
    if (!touches(spell, day, day)) continue;
    const other = latest.get(spell.id);
    const isLater = !other || spell.from > other.from || (spell.from === other.from && spell.known >= other.known);
    if (isLater) latest.set(spell.id, spell);
  }
  return [...latest.values()];
}

/** Counts of what is in doubt by symbol or group: [of another day, maybe in the region, below the grade]. */
class Doubts {
  constructor() {
    /** @type {Record<string, Doubt>} */
    this.counts = {};
  }

  /**
   * @param {string} key
   * @param {0 | 1 | 2} which
   */
  add(key, which) {
    (this.counts[key] ||= [0, 0, 0])[which] += 1;
  }
}

/**
 * @param {History} history
 * @param {number} day
 * @param {string} least
 * @param {Doubts} doubts
 */
function recordsAt(history, day, least, doubts) {
  /** @type {RecordRow[]} */
  const records = [];
  /** @type {ZoneRow[]} */
  const zones = [];
  for (const spell of latestOf(history.spells, day)) {
    const symbol = (spell.zone ? spell.layer + "." : "") + spell.status;
    if (!passes(spell.grade, least)) {
      if (!spell.maybe) doubts.add(symbol, 2);
      continue;
    }
    if (spell.maybe) {
      doubts.add(symbol, 1);
      continue;
    }
    if (spell.sure > day) doubts.add(symbol, 0);
    const age = ageOf(spell, day, history.known_on);
    const isStale = age > spell.refresh;
    const told = fill(history.words.last_report, { age: ageInWords(age, history.words) });
    const line = isStale ? `${spell.line} · ${told}` : spell.line;
    /** @type {RecordRow} */
    const row = [spell.id, spell.status, isStale ? 1 : 0, line, spell.grade];
    if (spell.zone) zones.push([...row, spell.place ?? 0]);
    else records.push(row);
  }
  return { records, zones };
}

/**
 * @param {Happening[]} happenings
 * @param {{ day: number, start: number, end: number, least: string }} asked
 * @param {Doubts} doubts
 * @returns {EventRow[]}
 */
function eventsAt(happenings, { day, start, end, least }, doubts) {
  /** @type {EventRow[]} */
  const events = [];
  for (const event of happenings) {
    if ((event.from > day && !event.planned) || !touches(event, start, end)) continue;
    if (!passes(event.grade, least)) {
      if (!event.maybe) doubts.add(event.g, 2);
      continue;
    }
    if (event.maybe) {
      doubts.add(event.g, 1);
      continue;
    }
    if (event.sure && (event.sure[0] < start || event.sure[1] > end)) doubts.add(event.g, 0);
    const line = event.planned && event.end < day ? event.passed ?? "" : event.line;
    events.push([event.row, line, 0, event.grade]);
  }
  return events;
}

/**
 * The records, zones and events of a view that reach the grade `least`, in the fields of the view message.
 * `doubt` says how many of each symbol or group are counted with an imprecise date, may lie in the region, or are
 * not counted because they are below the grade.
 * `start` and `end` are the first and last day of the window of events; it ends with `day` unless told otherwise.
 * @param {History} history
 * @param {number} day
 * @param {number} start
 */
export function viewAt(history, day, start, end = day, least = LOWEST) {
  const doubts = new Doubts();
  const { records, zones } = recordsAt(history, day, least, doubts);
  const events = eventsAt(history.events, { day, start, end, least }, doubts);
  return { records, zones, events, doubt: doubts.counts };
}
