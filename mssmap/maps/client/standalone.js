/*
 * Starts the page that needs no server: what the app would fetch is in the file, what Python would hear is not sent.
 * Follows panel.js in the same module.
 */
const inside = JSON.parse(document.getElementById("mssmap-page").textContent);
window.fetch = async (address) => ({ ok: true, json: async () => inside.files[String(address).split("/").pop()] });

const sheet = new CSSStyleSheet();
sheet.replaceSync(document.getElementById("panel-style").textContent);

/** A place on the page for a component, with the styles it has in the app. */
function room(id) {
  const host = document.getElementById(id);
  const root = host.shadowRoot || host.attachShadow({ mode: "open" });
  root.adoptedStyleSheets = [sheet];
  return root;
}

const mount = (component, id, data, triggered = () => {}) =>
  component({ data, parentElement: room(id), setStateValue() {}, setTriggerValue: triggered });

function open(id) {
  const host = document.getElementById("card");
  host.hidden = !inside.cards[id];
  if (!host.hidden) mount(record, "card", inside.cards[id], () => { host.hidden = true; });
}

function look(id) {
  window.mssmapView = { ...window.mssmapView, ...window.mssmapPlayed, focus: { id, n: ++look.count } };
  tell("mssmap:view", window.mssmapView);
  open(id);
}
look.count = 0;

["title", "unofficial", "summary", "table", "credits"].forEach((id) => {
  document.getElementById(id).textContent = id === "title" ? inside.title : inside.words[id];
});
document.getElementById("credit-list").append(...inside.credits.map((item) => {
  const line = $("li");
  line.append($("strong", "", item.title), ` · ${item.licence} · ${item.attribution}`);
  return line;
}));

window.mssmapView = inside.view;
mount(figures, "figures", inside.figures);
mount(dial, "dial", inside.dial);
mount(layers, "layers", inside.layers);
mount(words, "lines", inside.lines);
mount(twin, "twin", {}, (name, id) => look(id));
document.addEventListener("mssmap:select", (event) => open(event.detail));
document.addEventListener("mssmap:day", ({ detail }) => {
  window.mssmapPlayed = { day: detail.day, start: detail.start, end: detail.end, banner: { ...inside.view.banner, title: detail.title } };
});
document.addEventListener("mssmap:played", () => look.refresh());
look.refresh = () => {
  clearTimeout(look.timer);
  look.timer = setTimeout(() => {
    window.mssmapView = { ...window.mssmapView, ...window.mssmapPlayed };
    tell("mssmap:view", window.mssmapView);
  }, 250);
};
window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => tell("mssmap:theme"));

window.mssmap.start(L.map("map_div", {
  preferCanvas: true, zoomSnap: 0.25, zoomDelta: 0.5, wheelPxPerZoomLevel: 110, maxBoundsViscosity: 0.7,
}), { manifest: "manifest" });
