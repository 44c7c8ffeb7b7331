/*
 * The bridge to the map: the parts of a view go to its frame, clicks on it go back to Python.
 */

/** @import { Body, Component, LightMessage } from "../shared/messages.js" */

import { bus } from "../shared/bus.js";
import { note } from "../shared/probe.js";
import { watchTheme } from "../shared/theme.js";

/** @type {LightMessage | null} */
let light = null;

/**
 * The large part of a view (words, history or records); it travels only when it changes.
 * @param {Component<Body>} component
 */
export function body({ data }) {
  bus.tell("body", data);
  join();
}

/** Both parts of a view make one; they may come in any order. */
function join() {
  const large = bus.get("body");
  if (!large || !light || large.body !== light.body) return;
  note({ asked: light.seq });
  bus.tell("view", { ...large, ...light });
}

/** @type {(id: string) => void} */
let clicked = () => {};
let isListening = false;

/**
 * Passes the light part of a view to the map, and clicks on the map back to Python.
 * @param {Component<LightMessage>} component
 */
export function bridge({ data, setTriggerValue }) {
  clicked = (id) => setTriggerValue("selected", id);
  light = data;
  join();
  const frame = document.querySelector(".st-key-map iframe");
  if (frame instanceof HTMLIFrameElement) frame.title = data.described;
  if (isListening) return;
  isListening = true;
  bus.on("select", (id) => clicked(id));
  watchTheme(() => bus.tell("theme", null));
}
