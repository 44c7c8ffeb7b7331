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

/** Fills the days into a sentence: `{made}` and `{known}` those of the file, `{day}` and `{now}` those of the map. */
const said = (key, banner) => ["made", "known"].reduce((words, name) => words.replace(`{${name}}`, inside.words[name]), inside.words[key])
  .replace("{day}", banner.title).replace("{now}", banner.sub);

/** Shows the card of a record; the file holds those of its own day only, and says so. */
function open(id) {
  const host = document.getElementById("card");
  const shadow = room("card");
  shadow.querySelectorAll(".mm-of-day").forEach((node) => node.remove());
  host.hidden = false;
  if (inside.cards[id]) mount(record, "card", inside.cards[id], () => { host.hidden = true; });
  else shadow.replaceChildren();
  shadow.prepend($("p", "mm-of-day", inside.words[inside.cards[id] ? "card" : "no_card"]));
}

/** Says of which day the key figures are, and which day the map shows where that is another. */
function tellDay({ day, banner }) {
  document.getElementById("of-day").textContent = said(day === inside.view.day ? "here" : "away", banner);
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
tellDay(inside.view);
mount(figures, "figures", inside.figures);
mount(dial, "dial", inside.dial);
mount(layers, "layers", inside.layers);
mount(words, "lines", inside.lines);
mount(twin, "twin", {}, (name, id) => look(id));
document.addEventListener("mssmap:select", (event) => open(event.detail));
document.addEventListener("mssmap:day", ({ detail }) => {
  const { banner, history, day, described, notes } = inside.view;
  const now = { ...banner, title: detail.title, sub: detail.day === history.known_on ? banner.same : banner.other };
  const own = detail.day === day;
  window.mssmapPlayed = {
    day: detail.day, start: detail.start, end: detail.end, banner: now,
    described: own ? described : said("described", now), notes: own ? notes : inside.notes,
  };
  tellDay(window.mssmapPlayed);
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
