/*
 * The hand moves, the screen follows at once; Python is told when the hand rests.
 */

export const REST_MS = 250;

/** Does the last of several acts, once there was no other for a while. */
export class Rest {
  /** @param {number} [pause] milliseconds */
  constructor(pause = REST_MS) {
    this.pause = pause;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
    /** @type {(() => void) | null} */
    this.act = null;
  }

  /** @param {() => void} act */
  soon(act) {
    this.stop();
    this.act = act;
    this.timer = setTimeout(() => this.now(), this.pause);
  }

  /** Do what waits at once. */
  now() {
    const { act } = this;
    this.stop();
    act?.();
  }

  stop() {
    clearTimeout(this.timer);
    this.act = null;
  }
}

/** @import { Component } from "./messages.js" */

/**
 * What hands moved and Python does not know of yet: the number under which it was told, infinite until it is. One for
 * all components, for several of them move the day.
 * @type {Map<string, number>}
 */
const unheard = new Map();
let lastAct = 0;

/**
 * What a hand does in a component, told to Python when it rests.
 *
 * Each act is told, also the same choice again: by Back, or by another control, the page may show another meanwhile. A
 * state and no trigger, for one that was told while the line was away is sent afterwards. Each has a number, and what
 * Python brings says the last one it has heard of: a run that began before the last act says nothing about it.
 */
export class Telling {
  constructor() {
    this.rest = new Rest();
    /** @type {Set<string>} */
    this.names = new Set();
    this.setStateValue = (/** @type {string} */ _name, /** @type {unknown} */ _value) => {};
  }

  /** @param {Pick<Component<unknown>, "heard" | "setStateValue" | "signal">} component */
  serve({ heard, setStateValue, signal }) {
    this.setStateValue = setStateValue;
    for (const [name, at] of unheard) if (at <= heard) unheard.delete(name);
    signal.onabort = () => this.leave();
  }

  /**
   * Whether what Python brings knows of what a hand did last; if not, that stays.
   * @param {string} name
   */
  isHeard(name) {
    return !unheard.has(name);
  }

  /**
   * The hand is at it; what it does is told later.
   * @param {string} name
   */
  moved(name) {
    this.names.add(name);
    unheard.set(name, Infinity);
  }

  /**
   * @param {string} name
   * @param {unknown} value
   */
  now(name, value) {
    this.names.add(name);
    lastAct = Math.max(Date.now(), lastAct + 1);
    unheard.set(name, lastAct);
    this.setStateValue(name, { value, at: lastAct });
  }

  /**
   * @param {string} name
   * @param {unknown} value
   */
  soon(name, value) {
    this.moved(name);
    this.rest.soon(() => this.now(name, value));
  }

  /** The component leaves the page: what waits is told at once, and nobody waits for an answer to it. */
  leave() {
    this.rest.now();
    for (const name of this.names) unheard.delete(name);
  }
}
