/*
 * What is true on a day, worked out in the browser from the spells and events known on one day.
 *
 * The same rule as mssmap.records.timeline and mssmap.records.views; a property test feeds both and compares. Days are whole numbers
 * (days since 1 January 1970, UTC), `null` is an open end.
 */
(function () {
  "use strict";

  /** Days since the last report about a spell, as seen on `day`; never below 0. */
  function ageOf(spell, day, knownOn) {
    const limit = Math.min(day, knownOn);
    let seen = spell.known;
    for (const reported of spell.reports) if (reported <= limit && reported > seen) seen = reported;
    return Math.max(0, day - seen);
  }

  function ageWords(days, words) {
    if (days === 0) return words.today;
    if (days === 1) return words.one_day;
    if (days < 60) return words.days.replace("{n}", days);
    if (days < 730) return words.months.replace("{n}", Math.round(days / 30.44));
    return words.years.replace("{n}", Math.round(days / 365.25));
  }

  const touches = (item, first, last) => item.from <= last && (item.to === null || item.to >= first);

  /** Whether a grade reaches a threshold in reliability and in credibility; as evidence.passes. */
  const passes = (grade, least) => least === "F6" || (grade[0] <= least[0] && grade[1] <= least[1]);

  /**
   * The records, zones and events of a view that reach the grade `least`, in the fields of the view message.
   * `doubt` says how many of each symbol or group are counted with an imprecise date, may lie in the region, or are
   * not counted because they are below the grade.
   * `start` and `end` are the first and last day of the window of events; it ends with `day` unless told otherwise.
   */
  function viewAt(history, day, start, end = day, least = "F6") {
    const latest = new Map();
    for (const spell of history.spells) {
      if (!touches(spell, day, day)) continue;
      const other = latest.get(spell.id);
      if (!other || spell.from > other.from || (spell.from === other.from && spell.known >= other.known)) latest.set(spell.id, spell);
    }
    const records = [], zones = [];
    // symbol or group -> [counted but maybe of another day, not counted but maybe in the region, below the grade]
    const doubt = {};
    const doubted = (key, which) => { (doubt[key] = doubt[key] || [0, 0, 0])[which] += 1; };
    for (const spell of latest.values()) {
      const symbol = (spell.zone ? spell.layer + "." : "") + spell.status;
      if (!passes(spell.grade, least)) {
        if (!spell.maybe) doubted(symbol, 2);
        continue;
      }
      if (spell.maybe) { doubted(symbol, 1); continue; }
      if (spell.sure > day) doubted(symbol, 0);
      const age = ageOf(spell, day, history.known_on);
      const stale = age > spell.refresh;
      const line = stale ? `${spell.line} · ${history.words.last_report.replace("{age}", ageWords(age, history.words))}` : spell.line;
      if (spell.zone) zones.push([spell.id, spell.status, stale ? 1 : 0, line, spell.grade]);
      else records.push([spell.id, spell.status, stale ? 1 : 0, line, spell.grade]);
    }
    const ofDays = history.events.filter((event) => (event.from <= day || event.planned) && touches(event, start, end));
    ofDays.forEach((event) => { if (!event.maybe && !passes(event.grade, least)) doubted(event.g, 2); });
    const inWindow = ofDays.filter((event) => passes(event.grade, least));
    inWindow.forEach((event) => {
      if (event.maybe) doubted(event.g, 1);
      else if (event.sure && (event.sure[0] < start || event.sure[1] > end)) doubted(event.g, 0);
    });
    const events = inWindow.filter((event) => !event.maybe).map((event) => {
      const line = event.planned && event.end < day ? event.passed : event.line;
      return [event.row, line, 0, event.grade];
    });
    return { records, zones, events, doubt };
  }

  window.mssmapClock = { viewAt, ageOf, passes };
})();
