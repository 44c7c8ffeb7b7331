/*
 * What Streamlit runs for each of our components: it fetches the script of the page once and hands the component over.
 *
 * This text is the same for all of them. Which component it is, and where the files lie, comes with its data.
 */

/**
 * @import { Component } from "../shared/messages.js"
 */

/** @typedef {{ name: string, script: string, style: string, manifest: string, given: unknown, heard: number }} Mounted */

/**
 * When a component leaves the page, whatever it listens to beside its own nodes ends with it.
 * @type {WeakMap<Node, AbortController>}
 */
const lives = new WeakMap();

/** @param {Component<Mounted>} component */
export default function load(component) {
  const { data: { given, heard, manifest, name, script, style }, parentElement: root } = component;
  const at = (/** @type {string} */ file) => new URL(file, document.baseURI).href;
  let life = lives.get(root);
  if (!life) {
    life = new AbortController();
    lives.set(root, life);
    const link = document.createElement("link");
    link.rel = "stylesheet";
    link.href = at(style);
    root.append(link);
  }
  const { signal } = life;
  const ended = life;
  import(at(script)).then((/** @type {typeof import("./main.js")} */ page) => {
    if (!signal.aborted) page.mount(name, { ...component, data: given, heard, signal }, at(manifest));
  });
  return () => root.isConnected || ended.abort();
}
