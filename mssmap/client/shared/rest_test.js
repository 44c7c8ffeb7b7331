import assert from "node:assert/strict";
import { mock, test } from "node:test";

import { REST_MS, Telling } from "./rest.js";

/** What Python was told, each with the number of the act. */
function telling() {
  /** @type {{ name: string, value: unknown, at: number }[]} */
  const list = [];
  /** @param {string} name @param {unknown} told */
  const setStateValue = (name, told) => {
    const { at, value } = /** @type {{ value: unknown, at: number }} */ (told);
    list.push({ name, value, at });
  };
  return { list, setStateValue };
}

test("what a hand did stays until Python has heard of it, in whatever component it was", (t) => {
  t.after(() => mock.timers.reset());
  mock.timers.enable({ apis: ["setTimeout", "Date"] });
  const { list, setStateValue } = telling();
  const { signal } = new AbortController();
  const [dial, strip] = [new Telling(), new Telling()];
  for (const one of [dial, strip]) one.serve({ heard: 0, setStateValue, signal });
  assert.ok(dial.isHeard("day"));
  dial.soon("day", "2025-01-18");
  dial.serve({ heard: 0, setStateValue, signal });
  assert.ok(!dial.isHeard("day"), "a run that began before");
  assert.ok(!strip.isHeard("day"), "of another component");
  assert.ok(strip.isHeard("grade"));
  mock.timers.tick(REST_MS);
  assert.deepEqual(list.map(({ name, value }) => [name, value]), [["day", "2025-01-18"]]);
  assert.ok(!dial.isHeard("day"), "told, not heard yet");
  strip.serve({ heard: list[0].at, setStateValue, signal });
  assert.ok(dial.isHeard("day"));
});

test("only the last act counts, and the same again has another number", (t) => {
  t.after(() => mock.timers.reset());
  mock.timers.enable({ apis: ["setTimeout", "Date"] });
  const { list, setStateValue } = telling();
  const { signal } = new AbortController();
  const own = new Telling();
  own.serve({ heard: 0, setStateValue, signal });
  own.now("window", null);
  own.soon("window", null);
  own.serve({ heard: list[0].at, setStateValue, signal });
  assert.ok(!own.isHeard("window"));
  mock.timers.tick(REST_MS);
  assert.ok(list[1].at > list[0].at);
});

test("what waits when its component leaves the page is told, and the next page waits for nothing", () => {
  const { list, setStateValue } = telling();
  const leaving = new AbortController();
  const [own, next] = [new Telling(), new Telling()];
  own.serve({ heard: 0, setStateValue, signal: leaving.signal });
  own.soon("grade", "C3");
  leaving.abort();
  assert.equal(list.length, 1);
  assert.ok(next.isHeard("grade"));
});
