/*
 * The filter of an archive: kinds of events with their counts, and part of the name of somebody who took part.
 *
 * What is chosen stays with this tab of the browser, for each archive by itself. The server counts and suggests; words
 * go on screen with textContent only.
 */
(function () {
  "use strict";

  const SHELF = "mssmap.archive.filter";
  const HAND_MS = 300;
  const NOTHING = { kinds: [], actor: "" };
  const $ = (tag, className, text) => {
    const node = document.createElement(tag);
    if (className) node.className = className;
    if (text !== undefined) node.textContent = text;
    return node;
  };

  let tools, parts, name = null, base = {}, say = {}, lang = "en", countsKey = "", namesKey = "", timer = 0;
  let words = {};
  const chosen = kept();
  const running = {};

  function kept() {
    const sound = ([, filter]) => Array.isArray(filter.kinds) && typeof filter.actor === "string";
    try {
      return Object.fromEntries(Object.entries(JSON.parse(sessionStorage.getItem(SHELF)) || {}).filter(sound));
    } catch (error) {
      return {};
    }
  }

  const of = (archive) => ({ ...NOTHING, ...chosen[archive] });
  const isActive = (filter) => filter.kinds.length > 0 || filter.actor !== "";

  /** What narrows an archive: that of the page, and what was chosen here within it. */
  function narrowed(archive, page) {
    const { kinds, actor } = of(archive);
    const within = kinds.filter((kind) => !page.category || page.category.split(",").includes(kind));
    return { ...page, ...(within.length ? { category: within.join() } : {}), ...(actor ? { actor } : {}) };
  }

  function choose(change) {
    chosen[name] = { ...of(name), ...change };
    try {
      sessionStorage.setItem(SHELF, JSON.stringify(chosen));
    } catch (error) { /* storage is closed: it holds as long as the page */ }
    tell();
    refresh();
    tools.changed();
  }

  /** `given`: `ask(path, query, signal)` asks the archive, `changed` is called when something else was chosen. */
  function make(given) {
    tools = given;
    const root = $("details", "mm-archive-filter"), summary = $("summary"), kinds = $("fieldset"), who = $("label");
    const label = $("span"), actor = $("input"), names = $("datalist"), clear = $("button"), problem = $("div", "mm-line");
    names.id = "mm-archive-actors";
    Object.assign(actor, { type: "search", maxLength: 80, autocomplete: "off", spellcheck: false });
    actor.setAttribute("list", names.id);
    actor.addEventListener("focus", suggest);
    actor.addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(() => { suggest(); choose({ actor: actor.value.trim() }); }, HAND_MS);
    });
    clear.type = "button";
    clear.addEventListener("click", () => { actor.value = ""; choose(NOTHING); fillKinds(); });
    root.addEventListener("toggle", refresh);
    root.addEventListener("keydown", (event) => event.stopPropagation());
    problem.setAttribute("role", "status");
    who.append(label, actor);
    root.append(summary, kinds, who, names, clear, problem);
    parts = { root, summary, kinds, label, actor, names, clear, problem, counts: [] };
    return root;
  }

  /** Another archive, other filters of the page or another language. */
  function show(archive, page, text, language) {
    if (archive !== name) {
      clearTimeout(timer);
      parts.actor.value = of(archive).actor;
      parts.kinds.replaceChildren();
      parts.counts = [];
    }
    [name, base, say, lang] = [archive, page, text, language];
    parts.label.textContent = say.archive_actor;
    parts.actor.placeholder = say.archive_part;
    parts.clear.textContent = say.archive_clear;
    tell();
    refresh();
  }

  function tell() {
    const { kinds, actor } = of(name);
    const said = [...kinds.map((kind) => words[kind] || kind), actor].filter(Boolean).join(", ");
    parts.summary.textContent = said ? `${say.archive_filter}: ${said}` : say.archive_filter;
    parts.summary.title = said;
    parts.clear.hidden = !said;
  }

  /** The newest question of a sort stops the one before; a fault is told in a line. */
  async function ask(sort, path, query, use) {
    if (running[sort]) running[sort].abort();
    const mine = running[sort] = new AbortController();
    try {
      const found = await tools.ask(path, query, mine.signal);
      if (running[sort] !== mine) return;
      parts.problem.textContent = "";
      use(found);
    } catch (error) {
      if (running[sort] === mine) parts.problem.textContent = String(error.message || error);
    }
  }

  /** Counts are asked when they are in view, or when the kinds chosen have to be named. */
  function refresh() {
    const filter = of(name);
    if (!parts.root.open && !isActive(filter)) return;
    const query = { ...base, ...(filter.actor ? { actor: filter.actor } : {}), by: "category", lang };
    const key = JSON.stringify([name, query]);
    if (key === countsKey) return;
    countsKey = key;
    ask("counts", "totals", query, (found) => {
      words = { ...words, ...found.words };
      parts.counts = Object.entries(found.values).sort((a, b) => b[1] - a[1]);
      fillKinds();
      tell();
    }).then(() => { if (parts.problem.textContent) countsKey = ""; });
  }

  /** A line for each kind, the most frequent first; one that was chosen stays, though nothing of it is left. */
  function fillKinds() {
    const ticked = of(name).kinds, page = base.category ? base.category.split(",") : null;
    const there = new Set(parts.counts.map(([kind]) => kind));
    const gone = ticked.filter((kind) => !there.has(kind) && (!page || page.includes(kind))).map((kind) => [kind, 0]);
    const lines = [...parts.counts, ...gone].map(([kind, n]) => {
      const line = $("label"), box = $("input"), word = $("span", "", words[kind] || kind);
      box.type = "checkbox";
      box.value = kind;
      box.checked = ticked.includes(kind);
      box.addEventListener("change", () => {
        const others = of(name).kinds.filter((one) => one !== kind);
        choose({ kinds: box.checked ? [...others, kind].sort() : others });
      });
      line.append(box, word, $("span", "", n.toLocaleString(lang === "ht" ? "fr" : lang)));
      return line;
    });
    parts.kinds.replaceChildren($("legend", "", say.archive_kinds), ...lines);
  }

  /** Names that go on with what is written, of the events that the kinds let pass. */
  function suggest() {
    const { actor, ...query } = narrowed(name, base);
    const like = parts.actor.value.trim();
    const key = JSON.stringify([name, query, like]);
    if (key === namesKey) return;
    namesKey = key;
    ask("names", "actors", { ...query, ...(like ? { like } : {}) }, (found) => {
      parts.names.replaceChildren(...found.actors.map(([value]) => {
        const option = $("option");
        option.value = value;
        return option;
      }));
    }).then(() => { if (parts.problem.textContent) namesKey = ""; });
  }

  window.mssmapArchiveFilter = { make, show, narrowed, isActive: (archive) => isActive(of(archive)) };
})();
