/*
 * Why a file was not uploaded: Streamlit shows a number, or English.
 */

import { fill } from "../shared/words.js";

/**
 * What the server answered to uploads that it did not take, by name of the file.
 * @type {Map<string, string>}
 */
const refusals = new Map();

/**
 * Ask for the answer to an upload in the language of the page, and keep it if it is a refusal.
 * @param {() => string | undefined} language
 */
export function hearRefusals(language) {
  const send = XMLHttpRequest.prototype.send;
  /** @param {Document | XMLHttpRequestBodyInit | null} [body] */
  XMLHttpRequest.prototype.send = function (body) {
    const file = body instanceof FormData && [...body.values()].find((one) => one instanceof File);
    const lang = language();
    if (file && lang) {
      this.setRequestHeader("Accept-Language", lang);
      this.addEventListener("load", () => {
        refusals.delete(file.name);
        const isOurs = this.getResponseHeader("content-language") === lang;
        if (this.status >= 400 && isOurs) refusals.set(file.name, this.responseText.trim());
      });
    }
    send.call(this, body);
  };
}

/**
 * The size in a text of Streamlit, such as "25.0 MB".
 * @param {string} text
 */
export const sizeIn = (text) => text.match(/\d[\d.]*[KMG]?B/)?.[0].replace(/(?<=\d)(?=[KMGB])/, " ");

/**
 * A sentence for each file that an uploader of Streamlit shows as not taken.
 * @param {Record<string, string>} words
 */
export function uploadFaults(words) {
  const chips = [...document.querySelectorAll("[data-testid=stFileChip][aria-invalid=true]")];
  return chips.map((chip) => {
    const file = chip.querySelector("[data-testid=stFileChipName]")?.textContent ?? "";
    const said = chip.querySelector("[role=alert]")?.textContent ?? "";
    const input = chip.closest("[data-testid=stFileUploader]")?.querySelector("input");
    const kinds = (input?.accept ?? "").split(",").filter((kind) => kind[0] === ".").join(", ");
    const found = sizeIn((chip.getAttribute("aria-label") ?? "").slice(file.length));
    const answer = refusals.get(file);
    const why = whyRefused(said, answer !== undefined, words);
    return fill(why, { file, found, most: sizeIn(said), kinds, answer });
  });
}

/**
 * The words for a file that was not taken.
 * @param {string} said  by Streamlit
 * @param {boolean} isAnswered  by our server
 * @param {Record<string, string>} words
 */
export function whyRefused(said, isAnswered, words) {
  if (said.includes("or smaller")) return words.too_large;
  if (said.includes("not allowed")) return words.other_kind;
  if (isAnswered) return words.not_taken;
  return said.includes("413") ? words.too_large_there : words.not_uploaded;
}
