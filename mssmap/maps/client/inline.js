/*
 * Starts the map in a frame without an address, where no module is needed; follows the other scripts of the map.
 * The page around it holds the view as an attribute, written anew at each run of the server: JSON in Base64.
 */
(function () {
  "use strict";

  const host = window.parent, page = host.document;
  const tell = (name, detail) => page.dispatchEvent(new host.CustomEvent(name, { detail }));
  let seen = "";

  function read() {
    const holder = page.querySelector("[data-mssmap-view]");
    const written = holder ? holder.getAttribute("data-mssmap-view") : "";
    if (!written || written === seen) return;
    seen = written;
    const bytes = Uint8Array.from(atob(written), (letter) => letter.charCodeAt(0));
    host.mssmapView = JSON.parse(new TextDecoder().decode(bytes));
    document.documentElement.lang = host.mssmapView.lang;
    tell("mssmap:view", host.mssmapView);
  }

  const watches = [
    [new MutationObserver(read), page.body, { childList: true, subtree: true, attributes: true, attributeFilter: ["data-mssmap-view"] }],
    [new MutationObserver(() => setTimeout(() => tell("mssmap:theme"), 60)), page.querySelector(".stApp"), { attributes: true, attributeFilter: ["class", "style", "data-theme"] }],
  ];
  watches.forEach(([watch, node, what]) => watch.observe(node, what));
  const dark = host.matchMedia("(prefers-color-scheme: dark)"), turned = () => setTimeout(() => tell("mssmap:theme"), 120);
  dark.addEventListener("change", turned);
  window.addEventListener("pagehide", () => {
    watches.forEach(([watch]) => watch.disconnect());
    dark.removeEventListener("change", turned);
  });

  read();
  const container = document.getElementById("map_div");
  window.map = L.map(container, { preferCanvas: true, zoomSnap: 0.25, zoomDelta: 0.5, wheelPxPerZoomLevel: 110, maxBoundsViscosity: 0.7 });
  window.mssmap.start(window.map, { manifest: new URL(container.dataset.manifest, document.baseURI).href });
})();
