import assert from "node:assert/strict";
import { test } from "node:test";

import { Bus } from "./bus.js";

/** A window with nothing but what the bus needs. */
class Place extends EventTarget {
  constructor() {
    super();
    this.document = new EventTarget();
    this.CustomEvent = CustomEvent;
    /** @type {unknown[]} */
    this.copied = [];
  }

  /**
   * @template T
   * @param {T} value
   */
  structuredClone(value) {
    this.copied.push(value);
    return structuredClone(value);
  }
}

/** @param {unknown} place */
const asWindow = (place) => /** @type {Window & typeof globalThis} */ (place);

function pageAndMap() {
  const [page, frame] = [new Place(), new Place()];
  const [own, other] = [new Bus(asWindow(page)), new Bus(asWindow(frame))];
  return { page, frame, own, other };
}

test("what is told is heard by everybody", () => {
  const { other, own, page } = pageAndMap();
  /** @type {string[]} */
  const heard = [];
  other.join(asWindow(page));
  own.on("select", (id) => heard.push("page " + id));
  other.on("select", (id) => heard.push("map " + id));
  other.tell("select", "fob-1");
  assert.deepEqual(heard, ["page fob-1", "map fob-1"]);
});

test("a value that is kept is known to who comes later", () => {
  const { other, own, page } = pageAndMap();
  own.tell("grade", "B2");
  own.tell("select", "fob-1");
  assert.equal(other.get("grade"), undefined);
  other.join(asWindow(page));
  assert.equal(other.get("grade"), "B2");
  assert.equal(other.get("select"), undefined, "an event is no value");
});

test("the map may be there before the page", () => {
  const { frame, other, page } = pageAndMap();
  other.join(asWindow(page));
  other.put("place", { lat: "18.5", lon: "-72.3", zoom: "12" });
  assert.deepEqual(new Bus(asWindow(page)).get("place"), { lat: "18.5", lon: "-72.3", zoom: "12" });
  assert.equal(frame.copied.length, 0);
});

test("a value can be shared without waking anybody", () => {
  const { own } = pageAndMap();
  let woken = 0;
  own.on("layers", () => {
    woken += 1;
  });
  own.put("layers", ["fobs"]);
  assert.deepEqual([own.get("layers"), woken], [["fobs"], 0]);
  own.tell("layers", ["fobs", "prisons"]);
  assert.deepEqual([own.get("layers"), woken], [["fobs", "prisons"], 1]);
});

test("what the map leaves with the page is a copy made there", () => {
  const { other, own, page } = pageAndMap();
  other.join(asWindow(page));
  const counts = { tally: { fobs: 3 }, doubt: {}, window: "" };
  other.tell("counts", counts);
  assert.deepEqual(own.get("counts"), counts);
  assert.notEqual(own.get("counts"), counts);
  assert.deepEqual(page.copied, [counts]);
});

test("a frame that has gone hears nothing more", () => {
  const { frame, other, own, page } = pageAndMap();
  let heard = 0;
  other.join(asWindow(page));
  other.on("theme", () => {
    heard += 1;
  });
  frame.dispatchEvent(new Event("pagehide"));
  own.tell("theme", null);
  assert.equal(heard, 0);
});

test("a component that has gone hears nothing more", () => {
  const { own } = pageAndMap();
  const life = new AbortController();
  let heard = 0;
  own.on("theme", () => {
    heard += 1;
  }, life.signal);
  own.tell("theme", null);
  life.abort();
  own.tell("theme", null);
  assert.equal(heard, 1);
});
