/*
 * Sentences and numbers in the language of the reader.
 */

/**
 * Sentence with its values filled in, each as it is; a name without a value stays.
 * @param {string} words
 * @param {Record<string, unknown>} values
 */
export const fill = (words, values) =>
  words.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));

/**
 * The language that numbers are written in: browsers have no rules for Creole, which writes them as French does.
 * @param {string} lang
 */
export const localeOf = (lang) => (lang === "ht" ? "fr" : lang);

/**
 * @param {number} n
 * @param {string} lang
 */
export const inWords = (n, lang) => n.toLocaleString(localeOf(lang));

/**
 * A whole number with a sign between its thousands.
 * @param {number} n
 * @param {string} sign
 */
export const grouped = (n, sign) => String(n).replace(/\B(?=(\d{3})+$)/g, () => sign);

/**
 * A name in a language, or the first one there is.
 * @param {Record<string, string>} names
 * @param {string} lang
 */
export const nameIn = (names, lang) => names[lang] || names.en || Object.values(names)[0];

/**
 * The language of that name if it is not the asked one, as far as it is known: an English one may be that of all.
 * @param {Record<string, string>} names
 * @param {string} lang
 */
export const otherLanguage = (names, lang) => names[lang] || names.en ? "" : Object.keys(names)[0] || "";
