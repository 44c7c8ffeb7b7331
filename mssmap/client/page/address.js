/*
 * The address of the page and its history, and dates that are typed.
 */

import { bus } from "../shared/bus.js";
import { $ } from "../shared/dom.js";

/**
 * The address that a call of the history means, with the place of the map in it.
 * @param {string | URL | null | undefined} address
 */
function withPlace(address) {
  const to = new URL(address ?? location.href, location.href);
  const place = bus.get("place");
  if (place && to.pathname === location.pathname) {
    for (const [key, value] of Object.entries(place)) to.searchParams.set(key, value);
  }
  return to;
}

/**
 * One entry of the history a view. Streamlit pushes one for a new page and another for its query, so a push on the same
 * page that follows no act of the person takes the place of the entry that is there.
 *
 * Streamlit writes the address anew from what it knows: the place of the map is kept in it.
 */
export function keepHistory() {
  let acted = true;
  for (const name of ["pointerdown", "keydown"]) {
    document.addEventListener(name, () => {
      acted = true;
    }, true);
  }
  const push = history.pushState.bind(history);
  const replace = history.replaceState.bind(history);
  history.replaceState = (state, title, address) => replace(state, title, withPlace(address).href);
  history.pushState = (state, title, address) => {
    const to = withPlace(address);
    const isSamePage = to.pathname === location.pathname;
    if (isSamePage && !acted) replace(state, title, to.href);
    else push(state, title, to.href);
    acted = false;
  };
}

/**
 * A typed date is taken on Enter, and on Tab behind its last part. Streamlit takes it when the focus goes to something
 * outside of the field, so it goes to a place of its own for a moment.
 */
export function takeTypedDates() {
  const aside = $("span");
  aside.tabIndex = -1;
  document.body.append(aside);
  document.addEventListener("keydown", (event) => {
    if ((event.key !== "Enter" && event.key !== "Tab") || event.shiftKey || !(event.target instanceof Element)) return;
    const part = event.target.closest("[data-testid=stDateInputField] [data-type]");
    const field = event.target.closest("[data-testid=stDateInputField]");
    if (!part?.parentElement || !field) return;
    const parts = [...part.parentElement.querySelectorAll("[data-type]:not([data-type=literal])")];
    if (event.key === "Tab" && part !== parts.at(-1)) return;
    event.preventDefault();
    event.stopPropagation();
    const next = field.querySelector("button:not([tabindex='-1'])");
    aside.focus({ preventScroll: true });
    setTimeout(() => {
      if (next instanceof HTMLElement) next.focus({ preventScroll: true });
    }, 0);
  }, true);
}
