/*
 * The panes of the map. Each has one renderer, made once, and is the one owner of what is drawn in it.
 *
 * A Leaflet renderer stays in its pane until it is removed itself: one made for each drawing leaves a canvas behind.
 */
(function () {
  "use strict";

  /** Name, height in the pile, what draws there (nothing: nodes are placed by hand) and how far beyond the edge. */
  const PANES = [
    ["mm-base", 210, L.canvas, 0.4], ["mm-fill", 220, L.canvas, 0.4], ["mm-hatch", 221, L.svg, 0.1], ["mm-cells", 222, L.canvas, 0.4],
    ["mm-lines", 230, L.canvas, 0.4], ["mm-closures", 231, L.canvas, 0.4], ["mm-zones", 380, L.svg, 0.3], ["mm-imports", 385, L.canvas, 0.3], ["mm-discs", 390, L.svg, 0.3],
    ["mm-labels", 450], ["mm-symbols", 610],
  ];

  class Pane {
    constructor(map, name, height, renderer, padding) {
      this.map = map;
      this.node = map.createPane(name);
      this.node.style.zIndex = height;
      /** Options of every layer that is drawn here. */
      this.style = renderer ? { pane: name, renderer: renderer({ pane: name, padding }) } : null;
      this.key = "";
      this.layers = [];
    }

    /** Draws the layers that `make` gives in place of those before, unless they are the same by `key`. */
    draw(key, make) {
      if (key === this.key) return;
      this.key = key;
      this.layers.forEach((layer) => layer.remove());
      this.layers = make(this.style);
      this.layers.forEach((layer) => layer.addTo(this.map));
    }
  }

  /** Makes the panes of a map: name -> pane. */
  window.mssmapPanes = (map) => Object.fromEntries(PANES.map(([name, ...rest]) => [name, new Pane(map, name, ...rest)]));
})();
