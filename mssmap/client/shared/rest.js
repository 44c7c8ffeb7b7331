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
  }

  /** @param {() => void} act */
  soon(act) {
    this.stop();
    this.timer = setTimeout(act, this.pause);
  }

  stop() {
    clearTimeout(this.timer);
  }
}

/**
 * Tell Python a value each time that a person chose it, also the same one again: by Back, or by another control, the page
 * may show another meanwhile. A state and no trigger, for one that was told while the line was away is sent afterwards.
 * @param {(name: string, value: unknown) => void} setStateValue
 * @returns {(name: string, value: unknown) => void}
 */
export const eachTime = (setStateValue) => (name, value) => setStateValue(name, { value, at: Date.now() });
