/*
 * The panes of the map. Each has one renderer, made once, and is the one owner of what is drawn in it.
 *
 * A Leaflet renderer stays in its pane until it is removed itself: one made for each drawing leaves a canvas behind.
 */

/**
 * Name, height in the pile, what draws there (nothing: nodes are placed by hand) and how far beyond the edge.
 * @type {[string, number, ("canvas" | "svg")?, number?][]}
 */
const PANES = [
  ["mm-base", 210, "canvas", 0.4],
  ["mm-streets", 215],
  ["mm-fill", 220, "canvas", 0.4],
  ["mm-hatch", 221, "svg", 0.1],
  ["mm-cells", 222, "canvas", 0.4],
  ["mm-lines", 230, "canvas", 0.4],
  ["mm-closures", 231, "canvas", 0.4],
  ["mm-zones", 380, "svg", 0.3],
  ["mm-imports", 385, "canvas", 0.3],
  ["mm-discs", 390, "svg", 0.3],
  ["mm-street-names", 440],
  ["mm-labels", 450],
  ["mm-symbols", 610],
];

export class Pane {
  /**
   * @param {L.Map} map
   * @param {string} name
   * @param {number} height
   * @param {"canvas" | "svg"} [renderer]
   * @param {number} [padding]
   */
  constructor(map, name, height, renderer, padding) {
    this.map = map;
    this.node = map.createPane(name);
    this.node.style.zIndex = String(height);
    /**
     * Options of every layer that is drawn here.
     * @type {L.Options}
     */
    this.style = renderer ? { pane: name, renderer: L[renderer]({ pane: name, padding }) } : {};
    this.key = "";
    /** @type {L.Layer[]} */
    this.layers = [];
  }

  /**
   * Draws the layers that `make` gives in place of those before, unless they are the same by `key`.
   * @param {string} key
   * @param {(style: L.Options) => L.Layer[]} make
   */
  draw(key, make) {
    if (key === this.key) return;
    this.key = key;
    this.layers.forEach((layer) => layer.remove());
    this.layers = make(this.style);
    this.layers.forEach((layer) => layer.addTo(this.map));
  }
}

/**
 * Makes the panes of a map: name -> pane.
 * @param {L.Map} map
 * @returns {Record<string, Pane>}
 */
export function makePanes(map) {
  const panes = Object.fromEntries(PANES.map(([name, ...rest]) => [name, new Pane(map, name, ...rest)]));
  const labels = panes["mm-labels"].node;
  for (const node of [labels, panes["mm-symbols"].node, panes["mm-streets"].node, panes["mm-street-names"].node]) {
    node.classList.add("leaflet-zoom-hide");
    node.setAttribute("aria-hidden", "true");
  }
  labels.style.pointerEvents = "none";
  panes["mm-cells"].node.style.opacity = "0.55";
  return panes;
}
