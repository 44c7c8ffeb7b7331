/*
 * Light or dark, as the page is.
 */

/**
 * Whether the text on a background should be light.
 * @param {string} colour as the browser tells it: "rgb(12, 34, 56)"
 */
export function isDark(colour) {
  const [r, g, b] = (colour.match(/[\d.]+/g) || [255, 255, 255]).map(Number);
  return 0.3 * r + 0.59 * g + 0.11 * b < 110;
}

/**
 * Says so whenever the look of the page may have changed.
 * @param {() => void} tell
 */
export function watchTheme(tell) {
  const page = document.querySelector(".stApp");
  const watch = new MutationObserver(() => setTimeout(tell, 60));
  if (page) watch.observe(page, { attributes: true, attributeFilter: ["class", "style", "data-theme"] });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => setTimeout(tell, 120));
}
