import assert from "node:assert/strict";
import { test } from "node:test";

import { fill, grouped, inWords, localeOf, nameIn, otherLanguage } from "./words.js";

test("values are filled in, each as it is", () => {
  assert.equal(fill("{n} of {all}, {n}", { n: 3, all: "ten" }), "3 of ten, 3");
});

test("a name without a value stays", () => assert.equal(fill("{who} at {time}", { who: "Ana" }), "Ana at {time}"));

test("a value may hold what looks like a pattern or a name", () => {
  assert.equal(fill("by {who} on {day}", { who: "$& {day} $1", day: "Monday" }), "by $& {day} $1 on Monday");
});

test("Creole writes numbers as French does", () => {
  assert.equal(localeOf("ht"), "fr");
  assert.equal(localeOf("es"), "es");
  assert.equal(inWords(12345, "ht"), inWords(12345, "fr"));
  assert.equal(inWords(12345, "en"), "12,345");
});

for (
  const [n, text]
    of /** @type {[number, string][]} */ ([[0, "0"], [999, "999"], [1000, "1,000"], [1234567, "1,234,567"]])
) test(`${n} is written ${text}`, () => assert.equal(grouped(n, ","), text));

test("the sign between thousands is taken as it is", () => assert.equal(grouped(1000, "$&"), "1$&000"));

test("a name in a language, or the first one", () => {
  assert.equal(nameIn({ en: "Haiti", ht: "Ayiti" }, "ht"), "Ayiti");
  assert.equal(nameIn({ en: "Haiti", ht: "Ayiti" }, "es"), "Haiti");
  assert.deepEqual([nameIn({ fr: "Tirs" }, "en"), otherLanguage({ fr: "Tirs" }, "en")], ["Tirs", "fr"]);
  assert.deepEqual(["en", "ht", "es"].map((lang) => otherLanguage({ en: "Haiti", ht: "Ayiti" }, lang)), ["", "", ""]);
});
