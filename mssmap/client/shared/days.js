/*
 * Days are whole numbers since 1 January 1970 (UTC).
 */

const DAY = 86400000;

/** @param {number} day */
export const isoOf = (day) => new Date(day * DAY).toISOString().slice(0, 10);

/**
 * Year, month (0 to 11) and day of the month.
 * @param {number} day
 */
export function dateOf(day) {
  const when = new Date(day * DAY);
  return { year: when.getUTCFullYear(), month: when.getUTCMonth(), date: when.getUTCDate() };
}

/**
 * The day of a date; months beyond the year count on.
 * @param {number} year
 * @param {number} month
 */
export const dayOf = (year, month, date = 1) => Math.round(Date.UTC(year, month, date) / DAY);

/**
 * The same day of the month some months on, or the last of it.
 * @param {number} day
 * @param {number} n
 */
export function addMonths(day, n) {
  const { year, month, date } = dateOf(day);
  const last = dateOf(dayOf(year, month + n + 1, 0)).date;
  return dayOf(year, month + n, Math.min(date, last));
}

/**
 * A day as people write it.
 * @param {number} day
 * @param {string[]} months
 */
export function dayInWords(day, months) {
  const { year, month, date } = dateOf(day);
  return `${date} ${months[month]} ${year}`;
}
