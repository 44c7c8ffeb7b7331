/*
 * Where something was, by a click on the map.
 */

/** @import { Component, Spotted, SpotMessage } from "../shared/messages.js" */

import { bus } from "../shared/bus.js";

/** @type {(at: Spotted) => void} */
let spotted = () => {};
let isSpotting = false;

/**
 * Tells Python of clicks while the map asks for them.
 * @param {Component<SpotMessage>} component
 */
export function spot({ setTriggerValue }) {
  spotted = (at) => setTriggerValue("at", at);
  if (isSpotting) return;
  isSpotting = true;
  bus.on("spotted", (at) => spotted(at));
}
