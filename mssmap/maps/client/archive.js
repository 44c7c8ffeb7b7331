/*
 * Archives on the map: events too many to travel, so the server is asked for what this view can show.
 *
 * Far out cells with their counts, nearer circles where the events are, at street level the events themselves, each on
 * one canvas. A new question aborts the one before; the last picture stays until the next one is here. Answers are
 * whole numbers and words; words go on screen with textContent only.
 */
(function () {
  "use strict";

  const DEGREE = 1e6;
  const STREET = 12;
  const SLOW_MS = 1000;
  const HAND_MS = 60;
  const COLOURS = { light: ["#e3eef9", "#abd0e6", "#6aaed6", "#3787c0", "#105ba4"], dark: ["#17344d", "#1f5480", "#2f7ab3", "#5ba3d6", "#a9d0ef"] };
  const GROUPS = "GROUP_COLOURS";
  const $ = (tag, className, text) => {
    const node = document.createElement(tag);
    if (className) node.className = className;
    if (text !== undefined && text !== null) node.textContent = String(text);
    return node;
  };

  let map, tools, canvas, layer, panel, view = null, shown = false, name = null;
  let picture = null, drawnAt = null, asked = "", running = null, waiting = false, slow = 0, timer = 0, binsKey = "", say = {};

  /** Reads an answer: JSON head with the lengths of the arrays, then the arrays of 32-bit whole numbers. */
  function unpack(buffer) {
    const length = new DataView(buffer).getUint32(0, true);
    const head = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length)));
    let at = 4 + length;
    const arrays = {};
    for (const [key, count] of Object.entries(head.arrays)) {
      arrays[key] = new Int32Array(buffer, at, count);
      at += 4 * count;
    }
    return { ...head, ...arrays };
  }

  const dark = () => document.documentElement.classList.contains("dark");
  const language = () => (view.lang === "ht" ? "fr" : view.lang);
  const number = (n) => n.toLocaleString(language());
  const isoOf = (day) => new Date(day * 86400000).toISOString().slice(0, 10);
  const address = (path, query) => new URL(`archive/${name}/${path}?${new URLSearchParams(query)}`, tools.host.document.baseURI).href;

  /** `tools`: the page that holds the map, and how the map makes a box and a popup. */
  function start(leafletMap, given) {
    map = leafletMap;
    tools = given;
    map.createPane("mm-archive").style.zIndex = 386;
    canvas = $("canvas", "leaflet-zoom-animated");
    canvas.style.pointerEvents = "none";
    layer = new (L.Layer.extend({
      onAdd() { map.getPane("mm-archive").append(canvas); },
      onRemove() { canvas.remove(); },
      getEvents() { return { zoomanim: glide, viewreset: draw, zoomend: draw, moveend: moved, resize: moved }; },
    }))();
  }

  /** The last picture grows with the map while it zooms. */
  function glide(event) {
    if (!drawnAt) return;
    L.DomUtil.setTransform(canvas, map._latLngBoundsToNewLayerBounds(drawnAt, event.zoom, event.center).min, map.getZoomScale(event.zoom));
  }

  function moved() {
    if (local()) return;
    draw();
    soon();
  }

  /** A new view, another day or other layers. */
  function update(next, isOn) {
    view = next;
    say = next.text;
    const items = (next.archives && next.archives.items) || [];
    const wanted = isOn && items.length > 0;
    if (!items.some((item) => item.name === name)) {
      name = items.length ? items[0].name : null;
      picture = null;
      asked = "";
    }
    if (wanted !== shown) {
      shown = wanted;
      if (shown) map.addLayer(layer); else { map.removeLayer(layer); stop(); }
      if (!panel && shown) makePanel();
      if (panel) panel.root.hidden = !shown;
      asked = "";
    }
    bins();
    if (!shown) { delete document.documentElement.dataset.archive; return; }
    listNames(items);
    if (!local()) soon();
  }

  const narrowing = window.mssmapArchiveFilter;
  const filters = () => narrowing.narrowed(name, view.archives.query);

  function question() {
    const box = map.getBounds();
    const west = Math.max(-180, box.getWest()).toFixed(5), east = Math.min(180, box.getEast()).toFixed(5);
    return { ...filters(), as_of: isoOf(view.day), from: isoOf(view.start), to: isoOf(view.end), lang: view.lang,
      box: [west, box.getSouth().toFixed(5), east, box.getNorth().toFixed(5)].join() };
  }

  // ------------------------------------------------------------------ asking

  /** Asks when the hand rests for a moment; while time plays, as soon as the answer before is here. */
  function soon() {
    if (!shown || timer) return;
    timer = setTimeout(() => { timer = 0; ask(); }, HAND_MS);
  }

  function stop() {
    if (running) running.abort();
    clearTimeout(slow);
  }

  async function ask(again = false) {
    if (!shown || !name || !view) return;
    const query = question();
    const zoom = map.getZoom();
    const key = JSON.stringify([name, query, zoom]);
    if (key === asked && !again) return;
    if (running && running.box === query.box && running.zoom === zoom) { waiting = true; return; }
    stop();
    asked = key;
    waiting = false;
    const mine = running = Object.assign(new AbortController(), { box: query.box, zoom });
    slow = setTimeout(() => { if (running === mine) panel.busy.hidden = false; }, SLOW_MS);
    const fetched = async (path, more = {}) => {
      const answer = await fetch(address(path, { ...query, ...more }), { signal: mine.signal });
      if (!answer.ok) throw new Error((await answer.json()).error);
      return unpack(await answer.arrayBuffer());
    };
    try {
      if (isSmall()) {
        const key = heldKey(), found = await fetched("held", { zoom });
        if (running !== mine) return;
        hold(found, key);
        local();
        return;
      }
      let found = zoom >= STREET ? await fetched("points") : null;
      if (!found || found.mode === "many") found = await fetched("cells", { zoom });
      if (running !== mine) return;
      picture = { ...found, classes: classes(found) };
      tellPicture(query, zoom);
    } catch (error) {
      if (running !== mine) return;
      panel.told.textContent = mine.cancelled ? say.archive_stopped : String(error.message || error);
      document.documentElement.dataset.archiveFault = panel.told.textContent;
    } finally {
      if (running === mine) {
        running = null;
        clearTimeout(slow);
        panel.busy.hidden = true;
        if (waiting) ask();
      }
    }
  }

  /** Draws the picture, says how much it shows, and notes what it is for whoever asks the page. */
  function tellPicture(query, zoom) {
    const { mode, inside, rows, resolution } = picture;
    panel.told.textContent = say.archive_in_view.replace("{n}", number(inside)).replace("{all}", number(rows));
    draw();
    legend();
    document.documentElement.dataset.archive = JSON.stringify({ name, mode, inside, rows, resolution, shown: picture.shown, from: query.from, to: query.to, as_of: query.as_of, box: query.box, category: query.category, actor: query.actor, zoom });
    tools.tell("mssmap:archive");
  }

  /** Something else was chosen in the filter: what was asked before is of no use. */
  function refilter() {
    stop();
    running = null;
    panel.busy.hidden = true;
    bins();
    ask();
  }

  /** The histogram of the timeline: asked when dials or filters change what it counts, not with the day. */
  async function bins() {
    const key = shown && name ? JSON.stringify([name, filters()]) : "";
    if (key === binsKey) return;
    binsKey = key;
    tools.give("mssmapArchiveBins", null);
    if (key) {
      const whole = view.archives.items.find((item) => item.name === name).title;
      const title = narrowing.isActive(name) ? `${whole} (${say.archive_filtered})` : whole;
      try {
        const answer = await fetch(address("histogram", { ...filters(), step: "month" }));
        if (!answer.ok || key !== binsKey) return;
        tools.give("mssmapArchiveBins", { title, ...(await answer.json()) });
      } catch (error) {
        binsKey = "";
        return;
      }
    }
    tools.tell("mssmap:bins");
  }

  // ------------------------------------------------------------------ a small archive, held here

  const HELD_ROWS = 10000;
  let held = null;

  /** What the rows in hand depend on: not on days and box, and at street level not on the zoom. */
  const heldKey = () => JSON.stringify([name, filters(), map.getZoom() >= STREET ? STREET : map.getZoom()]);

  const isSmall = () => view.archives.items.find((item) => item.name === name).rows <= HELD_ROWS;

  /** Works the view out from the rows in hand, within this frame, by the rule of the server; false if they are not. */
  function local() {
    if (!shown || !view || !held || held.key !== heldKey()) return false;
    stop();
    running = null;
    panel.busy.hidden = true;
    const query = question(), zoom = map.getZoom();
    const [west, south, east, north] = query.box.split(",").map((degrees) => Math.round(degrees * DEGREE));
    const { row, lon, lat, category, cell, cells, ring } = held;
    const n = new Int32Array(cells), here = new Int32Array(cells), x = new Float64Array(cells), y = new Float64Array(cells);
    const dots = [];
    for (let i = 0; i < row.length; i += 1) {
      const from = held.from[i];
      if (from > view.day || from > view.end || held.to[i] < view.start) continue;
      const at = cell[i];
      n[at] += 1;
      x[at] += lon[i];
      y[at] += lat[i];
      if (lon[i] < west || lon[i] > east || lat[i] < south || lat[i] > north) continue;
      here[at] += 1;
      dots.push(i);
    }
    const common = { rows: held.rows, inside: dots.length, resolution: held.resolution, classes: [] };
    const pick = (of) => Int32Array.from(dots, (i) => of[i]);
    if (zoom >= STREET) {
      picture = { ...common, mode: "points", shown: dots.length, groups: held.groups, row: pick(row), lon: pick(lon), lat: pick(lat), category: pick(category) };
    } else {
      const full = [...here.keys()].filter((at) => here[at]);
      const part = (make) => Int32Array.from(full, make);
      picture = { ...common, mode: held.mode, shown: full.length, classes: held.classes, n: part((at) => n[at]), lon: part((at) => x[at] / n[at]), lat: part((at) => y[at] / n[at]),
        ring: Int32Array.from(full.flatMap((at) => [...ring.subarray(12 * at, 12 * at + 12)])) };
    }
    tellPicture(query, zoom);
    return true;
  }

  /** Counts of all time decide the classes, so that colours mean the same while time plays. */
  function hold(found, key) {
    const n = new Int32Array(found.cells);
    found.cell.forEach((at) => { n[at] += 1; });
    held = { ...found, key, classes: classes({ mode: found.mode, n }) };
  }

  // ------------------------------------------------------------------ drawing

  /** Upper ends of the classes of counts, round numbers; the last class is open. */
  function classes({ mode, n }) {
    if (mode === "points" || !n.length) return [];
    const most = n.reduce((a, b) => Math.max(a, b), 1);
    const round = (value) => { const unit = 10 ** Math.max(0, Math.floor(Math.log10(value))); return Math.max(1, Math.round(value / unit) * unit); };
    return [...new Set([1, 2, 3, 4].map((i) => round(most ** (i / 5))))];
  }

  const short = (n) => (n < 1e3 ? String(n) : n < 1e4 ? `${Math.floor(n / 100) / 10}k` : n < 1e6 ? `${Math.floor(n / 1e3)}k` : `${Math.floor(n / 1e5) / 10}M`);
  const radius = (n) => 6 + 3.2 * Math.log10(n) * 1.6;
  const classOf = (n) => picture.classes.filter((limit) => n > limit).length;

  function draw() {
    if (!shown) return;
    const size = map.getSize(), ratio = window.devicePixelRatio || 1;
    const corner = map.containerPointToLayerPoint([0, 0]);
    drawnAt = map.getBounds();
    if (canvas.width !== size.x * ratio || canvas.height !== size.y * ratio) {
      canvas.width = size.x * ratio;
      canvas.height = size.y * ratio;
      canvas.style.width = `${size.x}px`;
      canvas.style.height = `${size.y}px`;
    }
    L.DomUtil.setTransform(canvas, corner, 1);
    const pen = canvas.getContext("2d");
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.clearRect(0, 0, size.x, size.y);
    if (!picture) return;
    const at = projection();
    picture.at = at;
    ({ cells: drawCells, clusters: drawClusters, points: drawPoints })[picture.mode](pen, at, size);
  }

  /** Web Mercator by hand: thousands of places a frame, without an object for each. */
  function projection() {
    const world = 256 * 2 ** map.getZoom(), origin = map.getPixelOrigin(), shift = map.containerPointToLayerPoint([0, 0]);
    const left = origin.x + shift.x, top = origin.y + shift.y;
    return {
      x: (lon) => (lon / DEGREE / 360 + 0.5) * world - left,
      y: (lat) => { const sin = Math.sin((lat / DEGREE) * (Math.PI / 180)); return (0.5 - Math.log((1 + sin) / (1 - sin)) / (4 * Math.PI)) * world - top; },
    };
  }

  function drawCells(pen, at) {
    const fills = COLOURS[dark() ? "dark" : "light"];
    const { n, ring, lon, lat } = picture;
    const wide = n.length ? Math.abs(at.x(ring[1]) - at.x(ring[7])) : 0;
    pen.font = '600 11px "Source Sans", sans-serif';
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    pen.lineWidth = 0.8;
    for (let i = 0; i < n.length; i += 1) {
      let x = 0, y = 0;
      pen.beginPath();
      for (let k = 0; k < 6; k += 1) {
        const px = at.x(ring[12 * i + 2 * k + 1]), py = at.y(ring[12 * i + 2 * k]);
        x += px / 6;
        y += py / 6;
        if (k) pen.lineTo(px, py); else pen.moveTo(px, py);
      }
      pen.closePath();
      const level = classOf(n[i]);
      pen.globalAlpha = 0.78;
      pen.fillStyle = fills[level];
      pen.fill();
      pen.globalAlpha = 1;
      pen.strokeStyle = dark() ? "#0e1a22" : "#ffffff";
      pen.stroke();
      if (wide < 18) continue;
      pen.fillStyle = (level > 2) !== dark() ? "#ffffff" : "#14212b";
      pen.fillText(short(n[i]), x, y);
    }
    picture.hits = (x, y) => nearest(x, y, lon, lat, () => wide / 2);
  }

  function drawClusters(pen, at) {
    const fills = COLOURS[dark() ? "dark" : "light"];
    const { n, lon, lat } = picture;
    pen.font = '600 11px "Source Sans", sans-serif';
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    pen.lineWidth = 1.2;
    for (let i = 0; i < n.length; i += 1) {
      const x = at.x(lon[i]), y = at.y(lat[i]), level = classOf(n[i]);
      pen.beginPath();
      pen.arc(x, y, radius(n[i]), 0, 7);
      pen.globalAlpha = 0.88;
      pen.fillStyle = fills[level];
      pen.fill();
      pen.globalAlpha = 1;
      pen.strokeStyle = dark() ? "#0e1a22" : "#1c2730";
      pen.stroke();
      pen.fillStyle = (level > 2) !== dark() ? "#ffffff" : "#14212b";
      pen.fillText(short(n[i]), x, y);
    }
    picture.hits = (x, y) => nearest(x, y, lon, lat, (i) => radius(n[i]) + 2);
  }

  const dots = new Map();
  function dot(group) {
    const key = group + dark();
    if (dots.has(key)) return dots.get(key);
    const node = $("canvas"), pen = node.getContext("2d");
    node.width = node.height = 24;
    pen.scale(2, 2);
    pen.arc(6, 6, 4.4, 0, 7);
    pen.fillStyle = GROUPS[group] || "#666666";
    pen.fill();
    pen.lineWidth = 1.2;
    pen.strokeStyle = dark() ? "#f0e442" : "#1c2730";
    pen.stroke();
    dots.set(key, node);
    return node;
  }

  function drawPoints(pen, at, size) {
    const { row, lon, lat, category, groups } = picture;
    for (let i = 0; i < row.length; i += 1) {
      const x = at.x(lon[i]), y = at.y(lat[i]);
      if (x > -6 && y > -6 && x < size.x + 6 && y < size.y + 6) pen.drawImage(dot(groups[category[i]]), x - 6, y - 6, 12, 12);
    }
    picture.hits = (x, y) => nearest(x, y, lon, lat, () => 8);
  }

  /** Positions of what lies under the hand, the nearest first. */
  function nearest(x, y, lon, lat, reach) {
    const found = [];
    for (let i = 0; i < lon.length; i += 1) {
      const far = Math.hypot(picture.at.x(lon[i]) - x, picture.at.y(lat[i]) - y);
      if (far <= reach(i)) found.push([far, i]);
    }
    return found.sort((a, b) => a[0] - b[0]).map(([, i]) => i);
  }

  // ------------------------------------------------------------------ the panel and popups

  function makePanel() {
    const root = $("section", "mm-box mm-archive");
    const choice = $("select"), told = $("div", "mm-archive-told"), key = $("div", "mm-archive-key"), from = $("div", "mm-line");
    const busy = $("div", "mm-archive-busy"), cancel = $("button"), bar = $("progress");
    choice.addEventListener("change", () => { name = choice.value; asked = ""; picture = null; draw(); bins(); ask(); listNames(view.archives.items); });
    cancel.type = "button";
    cancel.addEventListener("click", () => { if (running) { running.cancelled = true; running.abort(); } });
    told.setAttribute("role", "status");
    busy.append(bar, cancel);
    busy.hidden = true;
    const inquire = async (path, query, signal) => {
      const answer = await fetch(address(path, query), { signal });
      const found = await answer.json();
      if (!answer.ok) throw new Error(found.error);
      return found;
    };
    root.append(choice, told, key, busy, narrowing.make({ ask: inquire, changed: refilter }), from);
    panel = { root: tools.box("topleft", root), choice, told, key, busy, cancel, bar, from };
  }

  function listNames(items) {
    const { choice, cancel, from, bar, root } = panel;
    root.setAttribute("aria-label", say["imports.archives"]);
    choice.setAttribute("aria-label", say["imports.archives"]);
    choice.replaceChildren(...items.map((item) => {
      const option = $("option", "", item.title);
      option.value = item.name;
      return option;
    }));
    choice.value = name;
    cancel.textContent = say.cancel;
    bar.setAttribute("aria-label", say.archive_slow);
    from.textContent = items.find((item) => item.name === name).attribution;
    narrowing.show(name, view.archives.query, say, view.lang);
  }

  let legendKey = "";
  function legend() {
    const key = JSON.stringify([picture.classes, dark(), view.lang]);
    if (key === legendKey) return;
    legendKey = key;
    const fills = COLOURS[dark() ? "dark" : "light"];
    const words = picture.classes.map((limit, i, all) => (i ? (all[i - 1] + 1 === limit ? number(limit) : `${number(all[i - 1] + 1)}–${number(limit)}`) : limit === 1 ? "1" : `1–${number(limit)}`));
    if (picture.classes.length) words.push(`> ${number(picture.classes[picture.classes.length - 1])}`);
    panel.key.replaceChildren(...words.map((text, i) => {
      const part = $("span", "", text), swatch = $("i");
      swatch.style.background = fills[i];
      part.prepend(swatch);
      return part;
    }));
  }

  /** What a click on the map means here; false if nothing of an archive is there. */
  function click(event) {
    if (!shown || !picture || !picture.hits) return false;
    const { x, y } = event.containerPoint;
    const found = picture.hits(x, y);
    if (!found.length) return false;
    if (picture.mode === "points") openRecords(found, event.latlng);
    else map.setView([picture.lat[found[0]] / DEGREE, picture.lon[found[0]] / DEGREE], Math.min(map.getMaxZoom(), map.getZoom() + 2));
    return true;
  }

  const LISTED = 10;

  async function openRecords(found, at) {
    const rows = found.slice(0, LISTED).map((i) => picture.row[i]);
    const box = $("div", "mm-archive-record");
    tools.popup(box, at);
    try {
      const records = await Promise.all(rows.map(async (row) => {
        const answer = await fetch(address(`record/${row}`, { lang: view.lang }));
        const record = await answer.json();
        if (!answer.ok) throw new Error(record.error);
        return record;
      }));
      if (records.length === 1) box.replaceChildren(...whole(records[0]));
      else listRecords(box, records, found.length);
      tools.popup(box, at);
    } catch (error) {
      box.replaceChildren($("div", "mm-line", error.message || error));
    }
  }

  const whole = (record) => [$("div", "mm-title", record.title), ...[...record.lines, record.attribution].map((line) => $("div", "mm-line", line))];

  function listRecords(box, records, count) {
    const list = $("ul", "mm-list");
    records.forEach((record) => {
      const row = $("li"), button = $("button"), words = $("span");
      button.type = "button";
      words.append($("div", "", record.title), $("div", "mm-line", record.lines[0]));
      button.append($("span"), words);
      button.addEventListener("click", () => box.replaceChildren(...whole(record)));
      row.append(button);
      list.append(row);
    });
    box.replaceChildren($("div", "mm-title", say.here.replace("{n}", number(count))), list);
    if (count > records.length) box.append($("div", "mm-line", say.more.replace("{n}", number(count - records.length))));
  }

  window.mssmapArchive = { start, update, click, unpack, redraw: () => { if (shown) { draw(); if (picture) legend(); } } };
})();
