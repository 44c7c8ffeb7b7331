import assert from "node:assert/strict";
import { test } from "node:test";

import { isDark } from "./theme.js";

test("a background is dark or light", () => {
  assert.equal(isDark("rgb(14, 22, 28)"), true);
  assert.equal(isDark("rgb(255, 255, 255)"), false);
  assert.equal(isDark("rgba(18, 24, 29, 0.9)"), true);
  assert.equal(isDark("transparent"), false, "without a colour it is that of the page");
});
