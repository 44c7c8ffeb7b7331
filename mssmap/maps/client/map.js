/*
 * The operations map in the browser.
 *
 * Python sends one view message (which records are shown, in which state); the shapes and names were fetched once from
 * static files. Everything that came from data is put on screen with textContent, never as HTML.
 * Messages travel as DOM events on the page that holds the map frame: "mssmap:view" in, "mssmap:select" out.
 */
(function () {
  "use strict";

  const host = window.parent;
  const SVG = "http://www.w3.org/2000/svg";
  const PALETTES = {
    light: {
      land: "#f7f5ef", neighbour: "#e6e6e2", coast: "#8fa6b4", lake: "#dbe9f1", river: "#a9c8da", department: "#8b98a1",
      commune: "#b9c2c8", road: "#c3a775", minor: "#d8c9a9", casing: "#fffdf8", border: "#6f7c86",
    },
    dark: {
      land: "#26313a", neighbour: "#1d262d", coast: "#4f6a7c", lake: "#17242d", river: "#36566b", department: "#71818c",
      commune: "#4b5963", road: "#8a764f", minor: "#5f5540", casing: "#1a232a", border: "#8d9aa4",
    },
  };
  /** Places, in pixels from its centre, where the name of a department may stand if its centre is taken. */
  const ASIDE = [[0, 0], [0, -20], [0, 20], [-34, 0], [34, 0], [-30, -28], [30, -28], [-30, 28], [30, 28], [0, -40], [0, 40], [-60, 0], [60, 0]];
  /** The same for the name of a large town, which starts at the right of its point. */
  const BESIDE = [[0, 0], [4, -14], [4, 14], [14, -26], [14, 26], [-40, -24], [-40, 24]];
  const CHOROPLETH = ["#f1eef6", "#bdc9e1", "#74a9cf", "#2b8cbe", "#045a8d"];

  let map, panes, manifest, shapes, symbols, view = null, palette, files = {}, communes = null;
  let zoneShapes = new Map();
  let stacks = [], zoneLayers = new Map(), tiles = null, legend, banner, whereBox, attribution, lastFocus = null, ownMove = true, untouched = false;

  const $ = (tag, className, text) => {
    const node = document.createElement(tag);
    if (className) node.className = className;
    if (text !== undefined && text !== null) node.textContent = String(text);
    return node;
  };

  /** A fresh copy of one of our own glyphs; unknown names give an empty picture. */
  function glyph(name) {
    const found = symbols.get(name);
    return found ? found.cloneNode(true) : document.createElementNS(SVG, "svg");
  }

  const classOf = (symbol) => {
    const head = symbol.split(".")[0];
    return head in manifest.sizes ? head : "facilities";
  };

  const isOn = (symbol) => view.on.has(symbol) || view.on.has(symbol.split(".")[0]);

  const say = (key) => (view && view.text && view.text[key]) || "";

  // ------------------------------------------------------------------ start

  async function start(leafletMap, config) {
    map = leafletMap;
    readTheme();
    map.attributionControl.setPrefix(false);
    // Leaflet takes the focus at a click: a page that scrolls then turns the click into a drag
    const container = map.getContainer(), focus = container.focus.bind(container);
    container.focus = () => focus({ preventScroll: true });
    addPanes();
    map.setMinZoom(6.25).setMaxZoom(16).setMaxBounds([[15.8, -78], [21.9, -68]]);
    map.setView([19, -72.9], 8, { animate: false });
    try {
      manifest = await json(config.manifest);
      const root = config.manifest.replace(/[^/]*$/, "");
      files = Object.fromEntries(Object.entries(manifest.files).map(([name, file]) => [name, root + file]));
      symbols = new Map(Object.entries(manifest.symbols).map(([name, text]) => [name, parseSvg(text)]));
      document.body.append(parseSvg(manifest.patterns));
      const names = ["land", "neighbours", "lakes", "rivers", "roads", "departments", "places", "zones", "records"];
      const loaded = await Promise.all(names.map((name) => (files[name] ? json(files[name]) : { features: [] })));
      shapes = Object.fromEntries(names.map((name, i) => [name, loaded[i]]));
      zoneShapes = new Map(shapes.zones.features.map((feature) => [feature.properties.id, feature]));
    } catch (error) {
      fault(error);
      return;
    }
    addControls();
    window.mssmapArchive.start(map, { host, box, popup, tell, give });
    placeFromAddress();
    drawBase();
    map.on("zoomend viewreset resize", () => layout());
    map.on("moveend", onMove);
    map.on("click", onClick);
    map.on("mousemove", onHover);
    map.on("mouseout", () => { whereBox.textContent = ""; });
    listen("mssmap:view", (event) => show(event.detail));
    listen("mssmap:layers", (event) => { if (view) { view.on = new Set(event.detail); redraw(true); } });
    listen("mssmap:plan", (event) => { if (view) { switchBases(event.detail); drawCells(); layout(true); } });
    listen("mssmap:day", (event) => play(event.detail));
    listen("mssmap:grade", (event) => { if (view) play({ ...view, title: view.banner.title, grade: event.detail }); });
    listen("mssmap:theme", () => {
      if (!readTheme()) return;
      discs.forEach((disc) => disc.remove());
      discs.clear();
      drawBase();
      if (view) redraw();
      window.mssmapArchive.redraw();
    });
    map.on("dragstart", () => { untouched = false; });
    ["wheel", "pointerdown", "keydown"].forEach((name) => map.getContainer().addEventListener(name, () => { untouched = false; }, { passive: true }));
    new ResizeObserver(() => {
      quietly(() => map.invalidateSize({ animate: false }));
      if (untouched) quietly(() => jumpTo(manifest.jumps[0].bounds));
    }).observe(map.getContainer());
    host.mssmapMapReady = true;
    if (host.mssmapView) show(host.mssmapView);
  }

  const json = async (url) => {
    const answer = await fetch(url);
    if (!answer.ok) throw new Error(`${url}: ${answer.status}`);
    return answer.json();
  };

  /** A file that is read when it is wanted; the map says that one did not come, and goes on without it. */
  const later = (url, take) => json(url).then((data) => { take(data); return true; }, () => { missing(); return false; });

  function missing() {
    const text = say("missing") || "A file of the map did not come. Load the page again.";
    if (document.querySelector(".mm-missing")) return;
    const control = L.control({ position: "topright" });
    control.onAdd = () => $("div", "mm-box mm-fault mm-missing", text);
    control.addTo(map);
  }

  const parseSvg = (text) => document.importNode(new DOMParser().parseFromString(text, "image/svg+xml").documentElement, true);

  function listen(name, handler) {
    host.document.addEventListener(name, handler);
    window.addEventListener("pagehide", () => {
      host.document.removeEventListener(name, handler);
      host.mssmapMapReady = false;
    });
  }

  /** Leaves something with the page, as a copy made there: an object of this frame would keep the frame when it has gone. */
  const give = (name, value) => { host[name] = host.structuredClone(value); };

  const tell = (name, detail) => host.document.dispatchEvent(new host.CustomEvent(name, { detail }));

  function fault(error) {
    const box = $("div", "mm-box mm-fault", "The map files could not be read. Restart the app; it makes them anew.");
    const control = L.control({ position: "topright" });
    control.onAdd = () => box;
    control.addTo(map);
    console.error("mssmap:", error);
  }

  function readTheme() {
    const page = host.document.querySelector(".stApp") || host.document.body;
    const [r, g, b] = (getComputedStyle(page).backgroundColor.match(/[\d.]+/g) || [255, 255, 255]).map(Number);
    const name = 0.3 * r + 0.59 * g + 0.11 * b < 110 ? "dark" : "light";
    document.documentElement.classList.toggle("dark", name === "dark");
    // the frame of st_folium gets a style of its own at each theme, and takes none away
    const themes = [...document.head.querySelectorAll("style")].filter((style) => style.textContent.includes("--secondary-background-color"));
    themes.slice(0, -1).forEach((style) => style.remove());
    const changed = palette !== PALETTES[name];
    palette = PALETTES[name];
    return changed;
  }

  function addPanes() {
    panes = window.mssmapPanes(map);
    const labels = panes["mm-labels"].node, marks = panes["mm-symbols"].node;
    [labels, marks].forEach((pane) => {
      pane.classList.add("leaflet-zoom-hide");
      pane.setAttribute("aria-hidden", "true");
    });
    labels.style.pointerEvents = "none";
    panes["mm-cells"].node.style.opacity = "0.55";
  }

  // ------------------------------------------------------------------ base map

  /** The background: each pane is drawn anew only when something in it changed. */
  function drawBase() {
    const wanted = (layer) => Boolean(view && view.on.has(layer));
    if (wanted("communes") && !communes) loadCommunes().then((came) => { if (came) { drawBase(); layout(); } });
    const departmentsOn = !view || wanted("departments"), communesOn = wanted("communes") && communes !== null;
    panes["mm-base"].draw(JSON.stringify([palette.land, tiles !== null]), drawLand);
    panes["mm-lines"].draw(JSON.stringify([palette.land, tiles !== null, departmentsOn, communesOn]),
      (pane) => [...drawWays(pane), ...drawBorders(pane, departmentsOn, communesOn)]);
    drawChoropleth();
  }

  const shaped = (data, style, more = {}) => L.geoJSON(data, { ...style, interactive: false, style, ...more });

  const drawLand = (pane) => (tiles ? [] : [
    shaped(shapes.neighbours, { ...pane, fillColor: palette.neighbour, fillOpacity: 1, color: palette.coast, weight: 0.6 }),
    shaped(shapes.land, { ...pane, fillColor: palette.land, fillOpacity: 1, color: palette.coast, weight: 1 }),
  ]);

  /** Waters and roads. */
  function drawWays(pane) {
    if (tiles) return [];
    const road = (classes, style) => shaped(shapes.roads, { ...pane, fill: false, ...style }, { filter: (f) => classes.includes(f.properties.class) });
    return [
      shaped(shapes.lakes, { ...pane, fillColor: palette.lake, fillOpacity: 1, color: palette.coast, weight: 0.6 }),
      shaped(shapes.rivers, { ...pane, color: palette.river, weight: 1.2, fill: false }),
      road(["departmental", "communal", "urban"], { color: palette.minor, weight: 1.1 }),
      road(["national"], { color: palette.casing, weight: 3.6, opacity: 0.9 }),
      road(["national"], { color: palette.road, weight: 1.9 }),
    ];
  }

  function drawBorders(pane, departmentsOn, communesOn) {
    const lines = [];
    if (departmentsOn) lines.push(shaped(shapes.departments, { ...pane, fill: false, color: palette.department, weight: 1.3, dashArray: tiles ? null : "1 0" }));
    if (communesOn) lines.push(shaped(communes, { ...pane, fill: false, color: palette.commune, weight: 0.8, dashArray: "3 2" }));
    return lines;
  }

  function loadCommunes() {
    return communes ? Promise.resolve(true) : later(files.communes, (data) => { communes = data; });
  }

  /** Regions painted by a figure, and hatched where nobody reported lately. */
  function drawChoropleth() {
    const chosen = (view && view.choropleth) || null;
    if (chosen && chosen.level === "communes" && !communes) {
      loadCommunes().then((came) => { if (came) { drawBase(); layout(); } });
      return;
    }
    const key = JSON.stringify([chosen, palette.land]);
    const regions = (pick, style, more) => shaped(chosen.level === "communes" ? communes : shapes.departments, style, { filter: ({ properties }) => pick(properties.pcode), ...more });
    const colour = (value) => CHOROPLETH[chosen.breaks.filter((limit) => value > limit).length];
    panes["mm-fill"].draw(key, (pane) => (chosen ? [regions((code) => code in chosen.values, pane, { style: ({ properties }) => (
      { fillColor: colour(chosen.values[properties.pcode]), fillOpacity: 0.82, color: palette.border, weight: 0.5 }) })] : []));
    panes["mm-hatch"].draw(key, (pane) => (chosen ? [regions((code) => chosen.hatched.includes(code),
      { ...pane, fillColor: "url(#silence)", fillOpacity: 1, stroke: false })] : []));
  }

  function setTiles(choice) {
    const wanted = choice ? choice.url : null;
    if ((tiles && tiles._url) === wanted || (!tiles && !wanted)) return;
    if (tiles) tiles.remove();
    tiles = choice ? L.tileLayer(choice.url, { maxZoom: 18, attribution: "", ...choice.options }).addTo(map) : null;
    drawBase();
  }

  // ------------------------------------------------------------------ a new view

  function show(message) {
    view = { ...message, on: new Set((message.listed && host.mssmapOn) || message.on), grade: (message.listed && host.mssmapGrade) || message.grade, legend: [...message.more_legend, ...message.legend] };
    if (view.history) Object.assign(view, window.mssmapClock.viewAt(view.history, view.day, view.start, view.end, view.grade));
    recount();
    setTiles(view.tiles);
    map.getContainer().setAttribute("role", "region");
    map.getContainer().setAttribute("aria-label", view.described);
    redraw();
    const { text, names, lang, zone_layer, records, zones, events } = view;
    give("mssmapShown", { text, names, lang, zone_layer, records, zones, events, on: message.on });
    tell("mssmap:shown");
    follow(view.focus);
    document.documentElement.dataset.seq = String(view.seq);
  }

  /** Shows another day or grade of the history in hand: `day`, `start` and `end` are days since 1970, `title` is the day in words. */
  function play({ day, start, end = day, title, grade = view && view.grade }) {
    if (!view || !view.history) return;
    Object.assign(view, { day, start, end, grade }, window.mssmapClock.viewAt(view.history, day, start, end, grade));
    const { same, other } = view.banner;
    view.banner = { ...view.banner, title, sub: day === view.history.known_on ? same : other };
    recount();
    redraw(true);
    document.documentElement.dataset.day = String(day);
    tell("mssmap:played", { day });
  }

  /** Bases of a plan that were just switched: their symbols and the cells they reach, before the server has answered. */
  function switchBases({ cells, on }) {
    const lit = new Set(on);
    const turned = { "plan.standing": "plan.closed", "plan.closed": "plan.standing", "plan.on": "plan.off", "plan.off": "plan.on" };
    const isLit = (symbol) => symbol === "plan.standing" || symbol === "plan.on";
    view.extra = view.extra.map((point) => (lit.has(point.id) === isLit(point.symbol) ? point : { ...point, symbol: turned[point.symbol] }));
    if (!view.agreement) view.cells = cells;
  }

  /** Counts of the legend from the records in hand. */
  function recount() {
    const each = new Map();
    const one = (symbol) => each.set(symbol, (each.get(symbol) || 0) + 1);
    view.records.forEach(([, symbol]) => one(symbol));
    view.zones.forEach(([, level]) => one(view.zone_layer + "." + level));
    view.events.forEach(([row]) => one(shapes.records.events[row].g));
    const sum = (item) => [...each].reduce((total, [symbol, n]) => total + (counts(item, symbol) ? n : 0), 0);
    view.legend = view.legend.map((group) => ({ ...group, items: group.items.map((item) => (item.count === null ? item : { ...item, count: sum(item) })) }));
    const layerOf = (symbol) => {
      const head = symbol.split(".")[0];
      return head === view.zone_layer || head in manifest.sizes ? symbol : head;
    };
    const tally = {}, doubt = {};
    each.forEach((n, symbol) => { tally[layerOf(symbol)] = (tally[layerOf(symbol)] || 0) + n; });
    Object.entries(view.doubt || {}).forEach(([symbol, reasons]) => {
      const sums = doubt[layerOf(symbol)] = doubt[layerOf(symbol)] || [0, 0, 0];
      reasons.forEach((n, which) => { sums[which] += n; });
    });
    give("mssmapCounts", tally);
    give("mssmapDoubt", doubt);
    give("mssmapWindow", windowWords());
    tell("mssmap:counts");
  }

  /** A row of the legend counts its symbol, all states of its kind, or one state of several kinds. */
  const counts = (item, symbol) => {
    if (!item.layers || item.symbol === item.layers[0]) return symbol === item.symbol;
    const [head, state] = symbol.split(".");
    return item.layers.includes(head) && (item.layers.length === 1 || state === item.symbol.split(".")[1]);
  };

  /** Draws the view; `quick` while a hand moves: symbols in this frame, labels and legend a moment later. */
  function redraw(quick = false) {
    drawBase();
    drawCells();
    drawClosures();
    drawZones();
    drawImports();
    window.mssmapArchive.update(view, isOn("imports.archives"));
    drawDiscs();
    map.getContainer().classList.toggle("mm-placing", Boolean(view.placing));
    layout(quick);
    if (!quick) drawLegend();
    drawBanner();
    document.documentElement.dataset.counts = JSON.stringify(Object.fromEntries(view.legend.flatMap((group) => group.items)
      .filter((item) => item.count && item.layers).map((item) => [item.layers.length > 1 ? "services" + item.symbol.slice(5) : item.layers[0], item.count])));
  }

  /** Records and events of this view that have a place on the map and whose layer is switched on. */
  function visiblePoints() {
    const known = shapes.records;
    const points = view.records.map(([id, symbol, dim, line, grade]) => {
      const record = known.points[id];
      return record && record.at && isOn(symbol)
        ? { id, symbol, dim, line, name: nameOf(record), at: record.at, precision: record.p, kind: classOf(symbol), grade } : null;
    });
    const events = view.events.map(([row, line, dim, grade]) => {
      const event = known.events[row];
      return event && event.at && isOn(event.g)
        ? { id: event.id, symbol: event.g, dim, line, name: nameOf(event), at: event.at, precision: event.p, kind: "events", grade } : null;
    });
    const extra = (view.extra || []).filter((point) => isOn(point.symbol)).map((point) => ({ ...point, kind: classOf(point.symbol) }));
    return points.concat(events, extra).filter(Boolean);
  }

  const nameOf = (record) => record.n[view.lang] || record.n.en;

  /** Zones are kept from view to view; one is drawn again only when its level, age or choice changed. */
  function drawZones() {
    const drawn = view.zones.filter(([id, level]) => zoneShapes.has(id) && isOn(view.zone_layer + "." + level));
    const wanted = new Map(drawn.map((zone) => [zone[0], zone]));
    zoneLayers.forEach((layer, id) => { if (!wanted.has(id)) { layer.remove(); zoneLayers.delete(id); } });
    let added = false;
    for (const [id, level, dim, line, grade] of drawn) {
      const chosen = view.selected === id;
      const key = `${level}${dim}${chosen}`;
      let layer = zoneLayers.get(id);
      if (!layer) {
        layer = shaped(zoneShapes.get(id), panes["mm-zones"].style).addTo(map);
        zoneLayers.set(id, layer);
        added = true;
      }
      if (layer.key !== key) {
        const style = manifest.zones[level];
        layer.setStyle({ fillColor: `url(#zone-${level})`, fillOpacity: dim ? 0.45 : 0.95, color: chosen ? "#f0a400" : style.color,
          weight: chosen ? 4 : style.weight, opacity: dim ? 0.55 : 1, dashArray: style.dash });
        layer.key = key;
      }
      layer.mm = { id, level, line, grade, name: nameOf({ n: zoneShapes.get(id).properties.n }), symbol: view.zone_layer + "." + level, feature: zoneShapes.get(id) };
    }
    // the large ones below, so that none hides another
    if (added) [...zoneLayers.values()].sort((one, other) => size(other) - size(one)).forEach((layer) => layer.bringToFront());
  }

  const size = (layer) => { const b = layer.getBounds(); return (b.getEast() - b.getWest()) * (b.getNorth() - b.getSouth()); };

  let grid = null;
  /** The cells of a plan: one shape for all cells of a class, so that a toggle redraws four shapes. */
  function drawCells() {
    const wanted = isOn("plan") ? view.cells || "" : "";
    if (wanted && !grid) {
      later(files.grid, (data) => { grid = data; drawCells(); });
      return;
    }
    panes["mm-cells"].draw(wanted, (pane) => {
      const rings = {};
      for (let i = 0; i < wanted.length; i += 1) {
        const lat = grid.centres[2 * i] / grid.units, lon = grid.centres[2 * i + 1] / grid.units;
        (rings[wanted[i]] ||= []).push([grid.shape.map(([dlat, dlon]) => [lat + dlat, lon + dlon])]);
      }
      document.documentElement.dataset.cells = String((rings["1"] || []).length + (rings["2"] || []).length);
      // opaque on a pale pane: where cells touch, no seam shows
      return Object.entries(rings).filter(([letter]) => manifest.cells[letter][1]).map(([letter, shape]) => L.polygon(shape, {
        ...pane, interactive: false, fillOpacity: 1, fillColor: manifest.cells[letter][0], color: manifest.cells[letter][0], weight: 1, smoothFactor: 0 }));
    });
  }

  /** Roads of a plan that are closed, over the roads as they are drawn. */
  function drawClosures() {
    const closed = isOn("plan") ? view.closures || [] : [];
    panes["mm-closures"].draw(closed.join(), (pane) => (closed.length ? [shaped(shapes.roads,
      { ...pane, color: manifest.closure, weight: 3, dashArray: "6 4", fill: false }, { filter: (f) => closed.includes(f.properties.id) })] : []));
    document.documentElement.dataset.closures = String(closed.length);
  }

  let imports = null;
  /** What people imported: fetched when it is first switched on, or looked at before it is stored. */
  function drawImports() {
    const preview = view.preview || [];
    const kinds = ["points", "shapes"].filter((kind) => (files.imports || preview.length) && isOn("imports." + kind));
    const ink = document.documentElement.classList.contains("dark") ? "#F0E442" : "#1c2730";
    const key = ink + kinds.join() + JSON.stringify(preview.map((part) => [part.title, part.points.length, part.shapes.length, part.seen]));
    if (kinds.length && files.imports && !imports) {
      later(files.imports, (data) => { imports = data; drawImports(); });
      return;
    }
    panes["mm-imports"].draw(key, (pane) => {
      const style = { ...pane, color: ink, fillColor: "#F0E442", weight: 1.4 };
      const layers = [...(imports || []), ...preview].flatMap((part) => [
        ...(kinds.includes("points") ? importedPoints(part, style) : []),
        ...(kinds.includes("shapes") && part.shapes.length ? [importedShapes(part, style)] : []),
      ]);
      document.documentElement.dataset.imports = String(layers.length);
      return layers;
    });
  }

  const importedPoint = (at, style) => L.circleMarker(at, { ...style, radius: 4.5, fillOpacity: 0.95 });

  const importedPoints = (part, style) => part.points.map(([lat, lon, words]) => tellAt(importedPoint([lat, lon], style), part.title, words, "imports.points"));

  const importedShapes = (part, style) => L.geoJSON({ type: "FeatureCollection", features: part.shapes }, {
    pane: style.pane,
    style: (feature) => ({ ...style, dashArray: "6 3", fillOpacity: 0.25, fill: /Polygon/.test(feature.geometry.type) }),
    pointToLayer: (feature, at) => importedPoint(at, style),
    onEachFeature: (feature, layer) => tellAt(layer, part.title, feature.properties.w, "imports.shapes"),
  });

  /** A click on something imported says what it is. */
  const tellAt = (layer, title, words, symbol) => layer.on("click", (event) => {
    L.DomEvent.stop(event);
    if (view.placing) { tell("mssmap:place", [event.latlng.lat, event.latlng.lng]); return; }
    const box = $("div");
    box.append($("div", "mm-title", words || title), $("div", "mm-line", `${say(symbol)} · ${title}`));
    popup(box, event.latlng);
  });

  const discs = new Map();
  /** A place known only to its commune or department is a disc, not a pin. */
  function drawDiscs() {
    const radius = { commune: 3000, department: 12000 };
    const rough = new Map(visiblePoints().filter((p) => p.kind !== "events" && radius[p.precision]).map((p) => [p.id, p]));
    discs.forEach((disc, id) => { if (!rough.has(id)) { disc.remove(); discs.delete(id); } });
    rough.forEach((p, id) => {
      if (discs.has(id)) return;
      discs.set(id, L.circle(p.at, { ...panes["mm-discs"].style, radius: radius[p.precision], interactive: false,
        color: palette.border, weight: 0.9, dashArray: "2 4", fillOpacity: 0.05, opacity: 0.7 }).addTo(map));
    });
  }

  // ------------------------------------------------------------------ symbols and labels

  function layout(quick = false) {
    if (!view || !shapes) return;
    placeSymbols();
    if (quick) { finishSoon(); return; }
    placeLabels();
  }

  /** Records closer than a symbol's width become one stack with a count; stacks that collide step aside on a leader line. */
  function placeSymbols() {
    const pane = map.getPane("mm-symbols");
    const points = visiblePoints();
    document.documentElement.dataset.shown = String(points.length);
    points.forEach((p) => { p.xy = map.latLngToLayerPoint(p.at); });
    const order = Object.keys(manifest.sizes);
    points.sort((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind));
    stacks = [];
    for (const point of points) {
      const reach = manifest.sizes[point.kind] * (point.kind === "events" ? 1.25 : 0.8);
      const home = stacks.find((s) => s.kind === point.kind && s.xy.distanceTo(point.xy) < reach);
      if (home) home.items.push(point);
      else stacks.push({ kind: point.kind, xy: point.xy, items: [point] });
    }
    const taken = [];
    for (const stack of stacks) {
      stack.radius = manifest.sizes[stack.kind] / 2 + 1.5 + (stack.items.length > 1 ? 2 : 0);
      stack.place = freePlace(stack, taken);
      taken.push({ xy: stack.place, radius: stack.radius });
    }
    const leaders = document.createElementNS(SVG, "svg");
    leaders.setAttribute("style", "position:absolute;left:0;top:0;width:1px;height:1px;overflow:visible;pointer-events:none");
    const before = symbolNodes;
    symbolNodes = new Map();
    const nodes = stacks.map((stack) => {
      if (stack.place !== stack.xy) leaders.append(leader(stack.xy, stack.place));
      const top = topOf(stack);
      const change = stack.items.map((p) => view.changed[p.id]).find(Boolean);
      const key = [top.id, top.symbol, top.precision, stack.items.length, stack.items.every((p) => p.dim), change,
        stack.items.some((p) => p.id === view.selected), stack.place.x, stack.place.y].join();
      const node = before.get(key) || symbolNode(stack, top, change);
      node.stack = stack;
      symbolNodes.set(key, node);
      return node;
    });
    zoneLayers.forEach((layer) => {
      const change = view.changed[layer.mm.id];
      if (!change) return;
      const xy = map.latLngToLayerPoint(layer.getBounds().getCenter());
      const node = $("div", "mm-zone-change");
      node.style.left = `${xy.x}px`;
      node.style.top = `${xy.y}px`;
      node.append(changeMark(change));
      nodes.push(node);
    });
    keepOnly(pane, [leaders, ...nodes]);
  }

  /** Puts nodes into a pane and takes the others out; those that stay are not touched, and not painted anew. */
  function keepOnly(pane, nodes) {
    const wanted = new Set(nodes);
    [...pane.children].forEach((node) => { if (!wanted.has(node)) node.remove(); });
    nodes.forEach((node) => { if (node.parentNode !== pane) pane.append(node); });
  }

  function freePlace(stack, taken) {
    const clear = (xy) => taken.every((other) => other.xy.distanceTo(xy) >= other.radius + stack.radius);
    if (clear(stack.xy)) return stack.xy;
    for (let ring = 1; ring <= 7; ring += 1) {
      const distance = ring * 9 + 6;
      for (let step = 0; step < 16; step += 1) {
        const angle = ((step % 2 ? -1 : 1) * Math.ceil(step / 2) * Math.PI) / 8 - Math.PI / 4;
        const xy = L.point(stack.xy.x + distance * Math.cos(angle), stack.xy.y + distance * Math.sin(angle));
        if (clear(xy)) return xy;
      }
    }
    return stack.xy;
  }

  /** Information that is doubtful or worse has a broken outline of its own. */
  const isWeak = (p) => p.grade && p.grade[1] >= "4";

  let symbolNodes = new Map();
  function symbolNode(stack, top, change) {
    const width = manifest.sizes[stack.kind];
    const node = $("div", "mm-symbol");
    node.style.cssText = `width:${width}px;height:${width}px;left:${stack.place.x - width / 2}px;top:${stack.place.y - width / 2}px`;
    node.append(glyph(top.symbol));
    node.dataset.id = top.id;
    node.dataset.symbol = top.symbol;
    if (stack.items.every((p) => p.dim)) node.classList.add("dim");
    if (stack.items.length === 1 && ["commune", "department"].includes(top.precision) && stack.kind !== "events") node.classList.add("rough");
    if (stack.items.length === 1 && isWeak(top)) node.classList.add("weak");
    if (stack.items.some((p) => p.id === view.selected)) node.classList.add("chosen");
    if (stack.items.length > 1) node.append($("span", "mm-count", stack.items.length));
    if (change) node.append(changeMark(change));
    node.addEventListener("click", (event) => { L.DomEvent.stop(event); openStack(node.stack); });
    node.addEventListener("mouseenter", () => hint(node.stack));
    node.addEventListener("mouseleave", () => { if (tip) tip.remove(); });
    return node;
  }

  /** New, changed status, corrected and withdrawn records carry a sign of their own. */
  function changeMark(kind) {
    const mark = $("span", "mm-change " + kind, { new: "+", status: "↻", corrected: "≠", withdrawn: "×" }[kind]);
    mark.title = say("change_" + kind);
    return mark;
  }

  /** The stack shows its chosen record, else the symbol most of its records have. */
  function topOf(stack) {
    const chosen = stack.items.find((p) => p.id === view.selected);
    if (chosen) return chosen;
    if (stack.kind !== "events") return stack.items[0];
    const tally = new Map();
    stack.items.forEach((p) => tally.set(p.symbol, (tally.get(p.symbol) || 0) + 1));
    const most = [...tally].sort((a, b) => b[1] - a[1])[0][0];
    return stack.items.find((p) => p.symbol === most);
  }

  function leader(from, to) {
    const line = document.createElementNS(SVG, "path");
    line.setAttribute("d", `M${from.x} ${from.y}L${to.x} ${to.y}`);
    line.setAttribute("stroke", palette.border);
    line.setAttribute("stroke-width", "0.9");
    return line;
  }

  const graded = (p) => (p.grade ? `${p.line} · ${say("grade")} ${p.grade}${isWeak(p) ? ` (${say("weak")})` : ""}` : p.line);

  let tip = null;
  function hint(stack) {
    if (tip) tip.remove();
    const box = $("div");
    stack.items.slice(0, 4).forEach((p) => { box.append($("div", "mm-title", p.name), $("div", "mm-line", graded(p))); });
    if (stack.items.length > 4) box.append($("div", "mm-line", say("more").replace("{n}", stack.items.length - 4)));
    tip = L.tooltip({ direction: "top", offset: [0, -manifest.sizes[stack.kind] / 2 - 2], opacity: 1 })
      .setLatLng(map.layerPointToLatLng(stack.place)).setContent(box).addTo(map);
  }

  function openStack(stack) {
    if (stack.items.length === 1) { select(stack.items[0], map.layerPointToLatLng(stack.place)); return; }
    openList(stack.items, map.layerPointToLatLng(stack.place));
  }

  function openList(items, at) {
    const box = $("div");
    box.append($("div", "mm-title", say("here").replace("{n}", items.length)));
    const list = $("ul", "mm-list");
    for (const item of items) {
      const row = $("li");
      const button = $("button");
      const words = $("span");
      words.append($("div", "", item.name), $("div", "mm-line", item.line));
      button.type = "button";
      button.append(glyph(item.symbol), words);
      button.addEventListener("click", () => select(item, at));
      row.append(button);
      list.append(row);
    }
    box.append(list);
    popup(box, at);
  }

  function select(item, at) {
    const box = $("div");
    box.append($("div", "mm-title", item.name), $("div", "mm-line", graded(item)));
    if (item.precision) box.append($("div", "mm-line", say("precision_" + item.precision)));
    popup(box, at);
    tell("mssmap:select", item.id);
  }

  function popup(content, at) {
    if (tip) tip.remove();
    L.popup({ maxWidth: 320, minWidth: 200, autoPanPadding: [24, 48] }).setLatLng(at).setContent(content).openOn(map);
  }

  const measure = document.createElement("canvas").getContext("2d");

  function placeLabels() {
    const zoom = map.getZoom();
    const taken = stacks.map((s) => ({ x0: s.place.x - s.radius, x1: s.place.x + s.radius, y0: s.place.y - s.radius, y1: s.place.y + s.radius }));
    const nodes = [];
    const bounds = map.getBounds().pad(0.25);
    const put = (text, kind, at, font, spacing, left, tries = [[0, 0]]) => {
      if (!bounds.contains(at)) return;
      measure.font = font;
      const width = measure.measureText(text).width + text.length * spacing + 6;
      const centre = map.latLngToLayerPoint(at);
      const areaAt = ([dx, dy]) => {
        const x0 = (left ? centre.x - 4 : centre.x - width / 2) + dx;
        return { x0, x1: x0 + width + (left ? 8 : 0), y0: centre.y + dy - 9, y1: centre.y + dy + 9 };
      };
      const free = (area) => taken.every((o) => o.x0 >= area.x1 || o.x1 <= area.x0 || o.y0 >= area.y1 || o.y1 <= area.y0);
      const step = tries.find((shift) => free(areaAt(shift)));
      if (!step) return;
      taken.push(areaAt(step));
      const xy = centre.add(step);
      const node = $("div", "mm-label " + kind, text);
      node.style.left = `${left ? xy.x + 7 : xy.x}px`;
      node.style.top = `${xy.y}px`;
      nodes.push(node);
      if (!left) return;
      const dot = $("div", "mm-dot");
      dot.style.left = `${centre.x}px`;
      dot.style.top = `${centre.y}px`;
      nodes.push(dot);
    };
    const place = (rank) => shapes.places.features.filter((f) => f.properties.rank === rank).forEach((f) => {
      const [lon, lat] = f.geometry.coordinates;
      put(nameOf({ n: f.properties.n }), `place r${rank}`, [lat, lon], `${rank === 1 ? 650 : 500} ${rank === 1 ? 13.5 : 12.5}px "Source Sans"`, 0, true, rank <= 2 ? BESIDE : undefined);
    });
    if (!tiles) {
      place(1);
      manifest.labels.forEach((l) => { if (zoom >= l.from && zoom <= l.to) put(l.n[view.lang] || l.n.en, l.kind, l.at, '13px "Source Sans"', l.kind === "country" ? 4 : 0.6, false); });
      if (zoom >= 7.75) place(2);
      if (view.on.has("departments") && zoom < 10.5) {
        shapes.departments.features.forEach((f) => put(nameOf({ n: f.properties.n }), "region", f.properties.label, '11.5px "Source Sans"', 2, false, zoom >= 7.75 ? ASIDE : undefined));
      }
      if (zoom >= 9.25) place(3);
      if (zoom >= 10.75) place(4);
      if (zoom >= 12) place(5);
      if (zoom >= 8.5) shapes.roads.features.forEach((f) => { if (f.properties.ref && f.properties.class === "national" && f.properties.label) put(f.properties.ref, "road", f.properties.label, '10px "Source Sans"', 0.5, false); });
    }
    map.getPane("mm-labels").replaceChildren(...nodes);
  }

  // ------------------------------------------------------------------ asking the map

  const inRing = (ring, lon, lat) => {
    let inside = false;
    for (let i = 0, j = ring.length - 1; i < ring.length; j = i, i += 1) {
      const [xi, yi] = ring[i], [xj, yj] = ring[j];
      if (yi > lat !== yj > lat && lon < ((xj - xi) * (lat - yi)) / (yj - yi) + xi) inside = !inside;
    }
    return inside;
  };

  const inFeature = (feature, at) => {
    const { type, coordinates } = feature.geometry;
    const polygons = type === "Polygon" ? [coordinates] : coordinates;
    return polygons.some((rings) => inRing(rings[0], at.lng, at.lat) && !rings.slice(1).some((hole) => inRing(hole, at.lng, at.lat)));
  };

  const zonesAt = (at) => [...zoneLayers.values()].map((layer) => layer.mm).filter((zone) => inFeature(zone.feature, at));

  function onClick(event) {
    if (!view) return;
    if (view.placing) { tell("mssmap:place", [event.latlng.lat, event.latlng.lng]); return; }
    if (window.mssmapArchive.click(event)) return;
    const zones = zonesAt(event.latlng);
    if (zones.length === 1) select(zones[0], event.latlng);
    else if (zones.length > 1) openList(zones, event.latlng);
    else openRegion(event.latlng);
  }

  async function openRegion(at) {
    const department = shapes.departments.features.find((f) => inFeature(f, at));
    if (!department) return;
    if (!(await loadCommunes())) return;
    const commune = communes.features.find((f) => inFeature(f, at));
    const region = commune || department;
    const box = $("div");
    box.append($("div", "mm-title", nameOf({ n: region.properties.n })));
    box.append($("div", "mm-line", `${nameOf({ n: department.properties.n })} · ${region.properties.pcode}`));
    if (region.properties.population) box.append($("div", "mm-line", say("population").replace("{n}", region.properties.population.toLocaleString(view.lang === "ht" ? "fr" : view.lang)).replace("{year}", region.properties.population_year)));
    const chosen = view.choropleth;
    const counted = chosen && (chosen.level === "communes" ? region : department);
    if (counted && chosen.values[counted.properties.pcode] !== undefined) box.append($("div", "mm-line", `${chosen.title}: ${chosen.values[counted.properties.pcode].toLocaleString()}`));
    popup(box, at);
  }

  let hovering = false;
  function onHover(event) {
    if (hovering || !view) return;
    hovering = true;
    requestAnimationFrame(() => {
      hovering = false;
      const { lat, lng } = event.latlng;
      const department = shapes.departments.features.find((f) => inFeature(f, event.latlng));
      whereBox.textContent = `${lat.toFixed(3)}, ${lng.toFixed(3)}${department ? " · " + nameOf({ n: department.properties.n }) : ""}`;
      map.getContainer().style.cursor = zonesAt(event.latlng).length ? "pointer" : "";
    });
  }

  // ------------------------------------------------------------------ controls

  function box(position, node) {
    const control = L.control({ position });
    control.onAdd = () => {
      L.DomEvent.disableClickPropagation(node);
      L.DomEvent.disableScrollPropagation(node);
      return node;
    };
    control.addTo(map);
    return node;
  }

  function addControls() {
    banner = box("topleft", $("div", "mm-box mm-asof"));
    banner.parentElement.prepend(banner);
    const jumps = $("div", "mm-box mm-jump");
    manifest.jumps.forEach((jump) => {
      const button = $("button", "", jump.n.en);
      button.type = "button";
      button.dataset.jump = jump.id;
      button.addEventListener("click", () => { untouched = false; jumpTo(jump.bounds); });
      jumps.append(button);
    });
    box("topleft", jumps);
    legend = box("topright", $("details", "mm-box mm-legend"));
    legend.addEventListener("toggle", () => { if (untouched) quietly(() => jumpTo(manifest.jumps[0].bounds)); });
    legend.open = window.innerWidth > 620;
    const north = $("div", "mm-box mm-north");
    north.append(parseSvg('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 18 28"><path d="M9 9 14 24 9 20.5 4 24Z" fill="currentColor"/><text x="9" y="7.4" text-anchor="middle" font-size="8.5" font-weight="700" fill="currentColor">N</text></svg>'));
    north.setAttribute("role", "img");
    north.setAttribute("aria-label", "North is up");
    box("bottomleft", north);
    L.control.scale({ imperial: false, maxWidth: 130, position: "bottomleft" }).addTo(map);
    whereBox = box("bottomleft", $("div", "mm-where"));
    attribution = map.attributionControl.getContainer();
  }

  function drawBanner() {
    banner.replaceChildren($("b", "", view.banner.title), document.createTextNode(" "), $("span", "", view.banner.sub));
    attribution.textContent = [view.banner.source, ...manifest.credits].join(" · ");
    document.querySelectorAll(".mm-jump button").forEach((button) => {
      const jump = manifest.jumps.find((j) => j.id === button.dataset.jump);
      button.textContent = jump.n[view.lang] || jump.n.en;
    });
  }

  /** The days whose events are counted, in words. */
  function windowWords() {
    if (!view.history) return "";
    const words = (day) => {
      const at = new Date(day * 86400000);
      return `${at.getUTCDate()} ${view.months[at.getUTCMonth()]} ${at.getUTCFullYear()}`;
    };
    return say("window").replace("{first}", words(view.start)).replace("{last}", words(view.end));
  }

  let legendKey = "";
  function drawLegend() {
    const key = JSON.stringify([view.legend, view.start, view.end, [...view.on], view.choropleth, view.changed, view.notes, view.lang]);
    if (key === legendKey) return;
    legendKey = key;
    const open = legend.open;
    const parts = [$("summary", "", say("legend"))];
    for (const group of view.legend) {
      const items = group.items.filter((item) => (item.layers || [item.symbol]).some(isOn) && item.count !== 0);
      if (!items.length) continue;
      const list = $("ul");
      for (const item of items) {
        const row = $("li");
        row.append(...[].concat(item.symbol).map(glyph), $("span", "", item.label), $("span", "", item.count === null ? "" : item.count));
        list.append(row);
      }
      if (!list.children.length) continue;
      parts.push($("h4", "", [group.label, group.timed && windowWords()].filter(Boolean).join(", ")), list);
    }
    const kinds = [...new Set(Object.values(view.changed))];
    if (kinds.length) {
      const list = $("ul");
      kinds.forEach((kind) => { const row = $("li"); row.append(changeMark(kind), $("span", "", say("change_" + kind)), $("span")); list.append(row); });
      parts.push($("h4", "", say("changes")), list);
    }
    if (view.choropleth) parts.push($("h4", "", view.choropleth.title), choroplethKey());
    (view.notes || []).forEach((note) => parts.push($("p", "", note)));
    legend.replaceChildren(...parts);
    legend.open = open;
  }

  function choroplethKey() {
    const list = $("ul");
    const { breaks, unit } = view.choropleth;
    CHOROPLETH.slice(0, breaks.length + 1).forEach((colour, i) => {
      const swatch = $("span", "mm-swatch");
      swatch.style.background = colour;
      const format = (n) => n.toLocaleString(view.lang === "ht" ? "fr" : view.lang);
      const text = i === 0 ? `≤ ${format(breaks[0])}` : i === breaks.length ? `> ${format(breaks[i - 1])}` : `${format(breaks[i - 1])} – ${format(breaks[i])}`;
      const row = $("li");
      row.append(swatch, $("span", "", text), $("span", "", i === 0 ? unit : ""));
      list.append(row);
    });
    if (view.choropleth.hatched.length) {
      const row = $("li");
      const swatch = $("span", "mm-swatch mm-hatched");
      row.append(swatch, $("span", "", say("hatched")), $("span"));
      list.append(row);
    }
    return list;
  }

  // ------------------------------------------------------------------ where the map looks

  /** lat, lon and zoom of the address win over the default extent; anything unreadable is ignored. */
  function placeFromAddress() {
    const query = new URLSearchParams(host.location.search);
    const read = (name, low, high) => {
      const text = query.get(name);
      const value = text === null || text.trim() === "" ? NaN : Number(text);
      return value >= low && value <= high ? value : NaN;
    };
    const [lat, lon, zoom] = [read("lat", 17, 21), read("lon", -76.5, -69.5), read("zoom", 6, 18)];
    untouched = ![lat, lon, zoom].every(Number.isFinite);
    quietly(() => (untouched ? jumpTo(manifest.jumps[0].bounds) : map.setView([lat, lon], zoom, { animate: false })));
  }

  /** Moves the map without writing it into the address: the default extent needs no mention. */
  function quietly(move) {
    ownMove = true;
    move();
    ownMove = false;
  }

  /** Fits a box into the part of the map that the legend leaves free. */
  function jumpTo(bounds) {
    const free = legend && legend.open && map.getSize().x > 620 ? 200 : 0;
    map.fitBounds(bounds, { animate: false, paddingTopLeft: [10, 10], paddingBottomRight: [10 + free, 26] });
  }

  function onMove() {
    finishSoon();
    if (ownMove) return;
    const at = map.getCenter();
    give("mssmapPlace", { lat: at.lat.toFixed(4), lon: at.lng.toFixed(4), zoom: String(Math.round(map.getZoom() * 100) / 100) });
    host.history.replaceState(host.history.state, "", host.location.href);
  }

  let finishing = 0;
  /** Labels and legend, at most some times a second. */
  function finishSoon() {
    if (finishing) return;
    finishing = setTimeout(() => {
      finishing = 0;
      if (!view || !shapes) return;
      placeLabels();
      drawLegend();
    }, 120);
  }

  function follow(focus) {
    if (!focus || focus.n === lastFocus) return;
    lastFocus = focus.n;
    untouched = false;
    if (focus.bounds) { jumpTo(focus.bounds); return; }
    const zone = zoneLayers.get(focus.id);
    if (zone) { map.fitBounds(zone.getBounds(), { animate: false, maxZoom: 12.5, padding: [60, 60] }); return; }
    const record = shapes.records.points[focus.id] || shapes.records.events.find((event) => event.id === focus.id);
    if (record && record.at) map.setView(record.at, Math.max(map.getZoom(), 11.5), { animate: false });
  }

  window.mssmap = { start };
})();
