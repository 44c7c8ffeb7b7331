/*
 * The planner's hand: every control that changes a plan. What a person does becomes an act in the queue (acts.js) and is
 * on the screen at once; what the screen calls saved, the server has answered.
 *
 * Each component gets the values of one version of the plan, and lays over them the acts that this version does not hold.
 */

const kit = {};
const page = { data: null, heir: null, told: null, asked: null, chosen: null, early: [] };
const AGAIN_MS = 6000;
const MOST_TIMES = 10;

/** What this module borrows from the others: their files have hashed names, so the loader hands them over. */
export function borrow(acts, panel) {
  if (kit.queue) return;
  Object.assign(kit, { ...panel, queue: acts.queue(), newId: acts.newId, switched: acts.switched });
  document.addEventListener("mssmap:place", ({ detail: [lat, lon] }) => {
    act({ kind: "place", proposal: ownId(), lon, lat }, page.data ? page.data.of : "");
  });
  document.addEventListener("mssmap:version", ({ detail }) => { page.told = detail; catchUp(); });
  setInterval(() => { chooseAgain(); catchUp(); }, AGAIN_MS);  // what is asked while the socket is away is lost
}

const newPlan = () => `plan-${kit.newId().replaceAll("-", "").slice(0, 12)}`;
const ownId = () => `own-${kit.newId().replaceAll("-", "").slice(0, 8)}`;

/**
 * Id of the plan that acts on `of` go to. A baseline that was changed is a plan since, and what was copied is the copy:
 * a component that still shows what was there before means the new one.
 */
const current = (of) => (page.heir && page.heir.of.has(of) ? page.heir.plan : of);

/**
 * Go on with a new plan in place of the one in hand. The page may have some of the way there still to come (the changed
 * baseline, then its copy): what it shows of that way means the new plan too.
 */
function goOn(plan) {
  const way = page.heir && !page.heir.seen ? [...page.heir.of, page.heir.plan] : [];
  page.heir = { of: new Set([page.data.of, ...way]), plan, seen: false };
  inAddress(plan);
}

/** The page has other data: is what it shows still the plan that this window went on with? */
function still({ of, gone }) {
  const { heir } = page;
  if (!heir) return;
  if (of === heir.plan) heir.seen = true;
  else if (!heir.of.has(of) || heir.seen || gone === heir.plan) page.heir = null;
}

/** Take another plan in hand. */
function choose(plan) {
  page.heir = null;
  page.chosen = { plan, times: 0 };
  page.choose(plan);
}

/** Ask again for the plan that a person chose until the page shows it or the person goes on with what it shows. */
function chooseAgain() {
  const { chosen } = page;
  if (chosen && (chosen.times += 1) <= MOST_TIMES) page.choose(chosen.plan);
}

/** Do something to the plan that a component shows; the first change of the baseline makes a plan. */
function act(fields, of) {
  if (!page.data) page.early.push([fields, of]);  // clicked before the page knew whose plan it is
  if (!page.data || page.data.barred) return;
  page.chosen = null;
  let plan = current(of);
  if (!plan) {
    plan = newPlan();
    goOn(plan);
    kit.queue.add({ plan, kind: "create", name: page.data.next, ...page.data.days });
  }
  kit.queue.add({ plan, ...fields });
}

/** Write the plan into the address at once, so that a reload finds it again. */
function inAddress(plan) {
  const to = new URL(location.href);
  to.searchParams.set("scenario", plan);
  history.replaceState(history.state, "", to.href);
}

/** The latest state of a plan that this window has heard of, by an answer or by the page; nothing if of neither. */
function stateOf(plan) {
  const heard = kit.queue.heard.get(plan);
  const read = page.data.plan && page.data.plan.id === plan ? page.data.plan : null;
  return heard && (!read || heard.version > read.version) ? heard : read;
}

/** Acts on a plan that these data do not hold yet. */
const unseen = (data) => (current(data.of) ? kit.queue.unseen(current(data.of), data.version) : []);

/** Values of a component with the fields of such acts laid over them. */
const overlaid = (data, kinds) => Object.assign({}, data.values, ...unseen(data).filter((one) => kinds.includes(one.kind)));

/** Bases that are on: as the server says of its latest version, with what it does not hold yet. */
function active(data, listed) {
  const heard = kit.queue.heard.get(current(data.of));
  if (heard && heard.version > data.version) return kit.switched(heard.active, kit.queue.waiting(current(data.of)));
  return kit.switched(listed, unseen(data));
}

/** Ask for a run of the page once nothing waits and the store holds a later version than the page shows. */
function catchUp() {
  const { data, told, asked } = page;
  const plan = data && current(data.of);
  if (!plan || kit.queue.waiting(plan).length) return;
  const heard = kit.queue.heard.get(plan);
  const newest = Math.max(heard ? heard.version : 0, told && told.id === plan ? told.version : 0);
  const shown = data.plan && data.plan.id === plan ? data.plan.version : 0;
  if (newest <= shown) return;
  if (asked && asked.plan === plan && asked.newest === newest && Date.now() - asked.at < AGAIN_MS) return;
  page.asked = { plan, newest, at: Date.now() };
  page.again({ plan, at: page.asked.at });
}

/** Draw a component now, and whenever the queue changes as long as it is on the page. */
function drawn(name, root, draw) {
  kit.queue.watch(name, () => (root.isConnected ? draw() : kit.queue.watch(name, null)));
  draw();
}

function button(words, onClick, className = "") {
  const made = kit.$("button", className, words);
  made.type = "button";
  made.addEventListener("click", onClick);
  return made;
}

/** A field with its label above it; a value that a person is writing stays as it is. */
function field(label, input, className = "") {
  const made = kit.$("label", `mm-field ${className}`);
  made.append(kit.$("span", "", label), input);
  return made;
}

const put = (input, value) => {
  const root = input.getRootNode();
  if (root.activeElement === input && input.type !== "checkbox" && input.tagName !== "SELECT") return;
  if (input.type === "checkbox") input.checked = value;
  else if (input.value !== String(value ?? "")) input.value = value ?? "";
};

/** Fill a list; one that is the same already is left alone, for it may be open. */
function options(select, choices) {
  const listed = JSON.stringify(choices);
  if (select.listed === listed) return;
  select.listed = listed;
  select.replaceChildren(...choices.map(([value, words]) => {
    const option = kit.$("option", "", words);
    option.value = value;
    return option;
  }));
}

// ---------------------------------------------------------------- which plan

/** Choose, name, copy, undo, redo and delete plans. */
export function hand(component) {
  const { data, setTriggerValue } = component;
  page.again = (value) => setTriggerValue("again", value);
  page.choose = (value) => setTriggerValue("chosen", value);
  page.data = data;
  if (page.chosen && page.chosen.plan === (data.of || "baseline")) page.chosen = null;
  kit.queue.serve(data);
  still(data);
  const left = !data.of && !page.heir && leftBehind();
  if (left && left !== data.gone) page.heir = { of: new Set([""]), plan: left, seen: false };
  const root = kit.slot(component, "mm-hand");
  if (!root.parts) root.parts = handParts(root);
  root.parts.words(data);
  drawn("hand", root, () => drawHand(root.parts));
  page.early.splice(0).forEach(([fields, of]) => act(fields, of));
  kit.queue.changed();  // the others may have come before it
}

/** A plan that this window made and whose making still waits: after a reload it is the one in hand. */
function leftBehind() {
  const found = kit.queue.read().mine.filter(([key, one]) => one.kind === "create" && key.endsWith(kit.queue.tab));
  return found.length ? found[found.length - 1][1].plan : "";
}

function handParts(root) {
  const choice = kit.$("select"), name = kit.$("input"), bar = kit.$("div", "mm-acts"), sure = kit.$("div", "mm-sure");
  const barred = kit.$("p", "mm-barred");
  const steps = ["undo", "redo"].map((kind) => button("", () => act({ kind }, page.data.of)));
  const copy = button("", copied);
  const remove = button("", () => { sure.hidden = false; sure.querySelector("button").focus(); }, "mm-quiet");
  name.maxLength = 200;
  choice.addEventListener("change", () => choose(choice.value));
  name.addEventListener("change", () => {
    if (name.value.trim()) act({ kind: "rename", name: name.value.trim() }, page.data.of);
    else name.value = drawHandName();
  });
  sure.hidden = true;
  sure.setAttribute("role", "alertdialog");
  bar.append(...steps, copy);
  const bin = kit.$("details", "mm-bin"), binHead = kit.$("summary"), binList = kit.$("ul");
  bin.append(binHead, binList);
  const labels = [field("", choice), field("", name)];
  root.append(labels[0], barred, bar, labels[1], remove, sure, bin);
  const parts = { choice, name, steps, copy, remove, sure, bin, binList };
  parts.words = ({ words, deleted, barred: why }) => {
    barred.textContent = why || "";
    barred.hidden = !why;
    [words.plan, words.name].forEach((text, i) => { labels[i].firstChild.textContent = text; });
    steps.forEach((one, i) => { one.textContent = [words.undo, words.redo][i]; });
    copy.textContent = words.copy;
    remove.textContent = words.delete;
    binHead.textContent = `${words.deleted} (${deleted.length})`;
    binList.replaceChildren(...deleted.map(([id, title]) => binLine(id, title, words)));
  };
  return parts;
}

function binLine(plan, title, words) {
  const line = kit.$("li");
  line.append(kit.$("span", "", title), button(words.back, () => {
    kit.queue.add({ plan, kind: "bring_back" });
    choose(plan);
  }));
  return line;
}

/** A copy is a plan of its own; it is in hand as soon as it is stored. */
function copied() {
  const { data } = page;
  const made = newPlan();
  const name = data.words.copy_of.replace("{name}", drawHandName() || data.next).slice(0, 200);
  const of = current(data.of);
  kit.queue.add(of ? { plan: made, kind: "copy", of, name } : { plan: made, kind: "create", name, ...data.days });
  goOn(made);
}

/** Name of the plan in hand, with a change of it that waits. */
function drawHandName() {
  const { data } = page;
  const plan = current(data.of);
  const state = stateOf(plan);
  const acts = plan ? kit.queue.waiting(plan).filter((one) => "name" in one && ["rename", "create", "copy"].includes(one.kind)) : [];
  return acts.length ? acts[acts.length - 1].name : state ? state.name : "";
}

function drawHand(parts) {
  const { data } = page;
  const plan = current(data.of);
  const state = stateOf(plan);
  const name = drawHandName();
  const plans = plan && !data.plans.some(([id]) => id === plan) ? [...data.plans, [plan, name]] : data.plans;
  options(parts.choice, plans);
  parts.choice.value = plan || "baseline";
  put(parts.name, name);
  const waits = plan ? kit.queue.waiting(plan).length > 0 : false;
  const barred = Boolean(data.barred);
  parts.steps.forEach((one, i) => { one.disabled = barred || !plan || !(waits || (state && [state.undo, state.redo][i])); });
  parts.copy.disabled = barred;
  parts.name.parentElement.hidden = parts.remove.hidden = !plan;
  parts.name.disabled = parts.remove.disabled = barred;
  parts.bin.hidden = barred || !data.deleted.length;
  if (!plan) parts.sure.hidden = true;
  const { words } = data;
  if (parts.sure.dataset.plan !== `${plan} ${name}`) {
    parts.sure.dataset.plan = `${plan} ${name}`;
    parts.sure.hidden = true;
    const question = words.sure.replace("{name}", `“${name}”`);
    parts.sure.setAttribute("aria-label", question);
    parts.sure.replaceChildren(
      kit.$("p", "", question),
      button(words.yes, () => { parts.sure.hidden = true; act({ kind: "delete" }, page.data.of); }),
      button(words.no, () => { parts.sure.hidden = true; parts.remove.focus(); }),
    );
  }
  catchUp();
}

// ---------------------------------------------------------------- saved or not

const fill = (words, values) => words.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? values[name] : whole));

/** Whether what is on the screen is stored; what was not taken, and what a person can do about it. */
export function saved(component) {
  const root = kit.slot(component, "mm-saved");
  root.data = component.data;
  root.setAttribute("role", "status");
  drawn("saved", root, () => {
    const lines = [statusLine(root.data), ...queueLines(root.data), ...toldLines(root.data), ...pageLines(root.data)];
    const text = JSON.stringify(lines.map(([kind, words]) => [kind, words]));
    if (root.dataset.said === text) return;
    root.dataset.said = text;
    root.replaceChildren(...lines.map(line));
  });
}

function line([kind, words, ...buttons]) {
  const made = kit.$("div", `mm-line ${kind}`);
  made.append(kit.$("span", "", words), ...buttons.map(([label, onClick]) => button(label, onClick)));
  return made;
}

function statusLine({ words }) {
  const { queue } = kit;
  const plan = page.data && current(page.data.of);
  if (!plan) return ["quiet", words.baseline];
  const n = queue.waiting(plan).length;
  const why = queue.fault || (queue.ended ? words.ended : words.trying);
  const told = queue.failures > 1 || queue.ended;
  if (n) return ["waiting", `${fill(words.waiting, { n })}${told ? ` · ${why}` : ""}`];
  const state = stateOf(plan);
  if (!state || state.deleted) return ["quiet", ""];
  return ["quiet", fill(words.saved, { version: state.version, time: state.at.slice(11, 19) })];
}

function queueLines({ words }) {
  const { queue } = kit;
  const { mine, others } = queue.read();
  const plan = page.data && current(page.data.of);
  const elsewhere = mine.filter(([, one]) => one.plan !== plan).length;
  const lines = [];
  if (!queue.kept && mine.length) lines.push(["warn", words.unkept]);
  if (elsewhere) lines.push(["waiting", fill(words.elsewhere, { n: elsewhere })]);
  if (others) lines.push(["warn", fill(words.others, { n: others })]);
  return lines;
}

function toldLines({ words }) {
  const { queue } = kit;
  return queue.told.map((one) => {
    if (one.state === "gone") {
      const n = queue.waiting(one.plan).length;
      return ["warn", fill(words.gone, { n }),
        [words.revive, () => { queue.revive(one.plan); choose(one.plan); }], [words.discard, () => queue.discard(one.plan)]];
    }
    const buttons = [[words.close, () => queue.settle(one)]];
    if (one.suggested) {
      const [lon, lat] = one.suggested;
      buttons.unshift([words.there, () => {
        queue.settle(one);
        act({ kind: "place", proposal: ownId(), name: one.act.name || "", lon, lat }, one.plan);
      }]);
    }
    return ["warn", one.text, ...buttons];
  });
}

function pageLines({ notes, deleted, missing, words, barred }) {
  const lines = notes.map((text) => ["warn", text]);
  const waits = missing && kit.queue.waiting(missing.plan).length;
  if (missing && !waits && !kit.queue.heard.has(missing.plan)) lines.push(["warn", missing.text]);
  if (deleted) {
    const back = [words.back, () => { kit.queue.add({ plan: deleted.plan, kind: "bring_back" }); choose(deleted.plan); }];
    lines.push(["warn", deleted.text, ...(barred ? [] : [back])]);
  }
  return lines;
}

// ---------------------------------------------------------------- bases

/** One row a base: a switch, what it is, and what it adds. */
export function bases(component) {
  const { data } = component;
  const root = kit.slot(component, "mm-bases");
  const focused = component.parentElement.activeElement || document.activeElement;
  const focusedId = focused && focused.dataset ? focused.dataset.id : null;
  const body = kit.$("tbody");
  body.append(...data.rows.map((row) => baseLine(row, data)));
  const table = kit.$("table");
  table.append(kit.$("caption", "", data.caption), headOf(data.columns), body);
  root.replaceChildren(table);
  const listed = data.rows.filter((row) => row.on).map((row) => row.id);
  const draw = (always) => {
    const on = active(data, listed);
    const seen = [...on].sort().join("\n");
    if (seen === root.seen && always !== true) return;
    root.seen = seen;
    body.querySelectorAll("input").forEach((input) => {
      input.checked = on.has(input.dataset.id);
      input.closest("tr").classList.toggle("on", input.checked);
    });
    // once painted, it is painted again with what has just come: the paint before it knew less than the server
    if (root.painted || seen !== [...listed].sort().join("\n")) kit.paint([...on]);
    root.painted = seen !== [...listed].sort().join("\n");
  };
  drawn("bases", root, draw);
  draw(true);
  root.repaint = () => draw(true);
  if (!root.follows) {
    root.follows = true;
    document.addEventListener("mssmap:view", () => requestAnimationFrame(() => root.repaint()), { signal: component.signal });
  }
  kit.tell("mssmap:bases", { on: listed });
  if (focusedId) { const again = root.querySelector(`input[data-id="${CSS.escape(focusedId)}"]`); if (again) again.focus(); }
}

function headOf(columns) {
  const head = kit.$("tr"), top = kit.$("thead");
  columns.forEach((column) => { const cell = kit.$("th", "", column); cell.scope = "col"; head.append(cell); });
  top.append(head);
  return top;
}

function baseLine(row, data) {
  const line = kit.$("tr"), first = kit.$("td"), label = kit.$("label"), input = kit.$("input"), words = kit.$("span");
  input.type = "checkbox";
  input.dataset.id = row.id;
  input.disabled = Boolean(data.barred);
  input.addEventListener("change", () => act({ kind: "switch", base: row.id, on: input.checked }, data.of));
  words.append(kit.$("span", "mm-name", row.name), kit.$("span", "mm-note", row.kind));
  label.append(input, kit.picture(row.symbol), words);
  first.append(label);
  line.append(first, ...row.cells.map((cell) => kit.$("td", "mm-num", cell)));
  return line;
}

// ---------------------------------------------------------------- assumptions

/** The service standard: a number, its unit, and the usual ones. */
export function standard(component) {
  const root = kit.slot(component, "mm-form");
  const { data } = component;
  root.data = data;
  if (!root.number) {
    root.number = kit.$("input");
    root.unit = kit.$("select");
    Object.assign(root.number, { type: "number", min: 0, max: 600, step: 5 });
    options(root.unit, [["min", "min"], ["km", "km"]]);
    root.quick = kit.$("div", "mm-acts");
    root.append(field("", root.number), field("", root.unit, "mm-narrow"), root.quick);
    root.number.addEventListener("change", () => {
      const value = Number(root.number.value);
      root.number.setCustomValidity(value > 0 && value <= 600 ? "" : root.data.words.range);
      if (root.number.reportValidity()) act({ kind: "assume", standard: value }, root.data.of);
    });
    root.unit.addEventListener("change", () => act({ kind: "assume", unit: root.unit.value }, root.data.of));
  }
  root.querySelectorAll("label > span").forEach((span, i) => { span.textContent = [data.words.standard, data.words.unit][i]; });
  root.quick.replaceChildren(...data.quick.map((minutes) =>
    button(String(minutes), () => act({ kind: "assume", standard: minutes, unit: "min" }, root.data.of))));
  drawn("standard", root, () => {
    const values = overlaid(data, ["assume"]);
    put(root.number, values.standard);
    put(root.unit, values.unit);
    root.quick.hidden = values.unit !== "min";
    [root.number, root.unit, ...root.quick.children].forEach((one) => { one.disabled = Boolean(data.barred); });
    [...root.quick.children].forEach((one) => one.setAttribute("aria-pressed", Number(one.textContent) === Number(values.standard)));
  });
}

/** Way of travel, what zones do to a road, whether the status of roads counts. */
export function travel(component) {
  const root = kit.slot(component, "mm-form");
  const { data } = component;
  root.data = data;
  if (!root.inputs) {
    root.inputs = { travel: kit.$("select"), zones: kit.$("select"), use_status: kit.$("input") };
    root.inputs.use_status.type = "checkbox";
    for (const [name, input] of Object.entries(root.inputs)) {
      root.append(field("", input, input.type === "checkbox" ? "mm-check" : ""));
      input.addEventListener("change", () => {
        act({ kind: "assume", [name]: input.type === "checkbox" ? input.checked : input.value }, root.data.of);
      });
    }
  }
  for (const [name, input] of Object.entries(root.inputs)) {
    input.parentElement.querySelector("span").textContent = data.words[name];
    if (data.choices[name]) options(input, data.choices[name]);
    input.disabled = Boolean(data.barred);
  }
  drawn("travel", root, () => {
    const values = overlaid(data, ["assume"]);
    for (const [name, input] of Object.entries(root.inputs)) put(input, values[name]);
  });
}

// ---------------------------------------------------------------- proposals

/** Place a base by its coordinates. */
export function coordinates(component) {
  const root = kit.slot(component, "mm-form");
  root.data = component.data;
  if (root.ready) return;
  root.ready = true;
  const { words } = root.data;
  const [lat, lon] = [[17.5, 20.6, 18.55], [-75, -71, -72.3]].map(([min, max, value]) =>
    Object.assign(kit.$("input"), { type: "number", min, max, value, step: "any" }));
  const place = button(words.place, () => {
    if (!lat.reportValidity() || !lon.reportValidity()) return;
    act({ kind: "place", proposal: ownId(), lat: Number(lat.value), lon: Number(lon.value) }, root.data.of);
  });
  place.disabled = Boolean(root.data.barred);
  root.append(field(words.lat, lat, "mm-half"), field(words.lon, lon, "mm-half"), place);
}

/** A button that does an act which the server has prepared. */
export function act_button(component) {
  const { data } = component;
  const root = kit.slot(component, "mm-form");
  const made = button(data.label, () => {
    act(data.act.kind === "place" ? { ...data.act, proposal: ownId() } : data.act, page.data.of);
  });
  made.disabled = Boolean(data.barred) || !data.act;
  root.replaceChildren(made);
}
export { act_button as act };

/** Name, rule, capacity and note of a proposal; one of one's own can be taken away. */
export function proposals(component) {
  const root = kit.slot(component, "mm-form");
  root.data = component.data;
  if (!root.choice) proposalForm(root);
  const { words, rules } = root.data;
  const labels = [words.proposal, words.name, words.rule, words.capacity, words.note];
  root.querySelectorAll("label > span").forEach((span, i) => { span.textContent = labels[i]; });
  root.save.textContent = words.save;
  root.away.textContent = words.remove;
  options(root.fields.rule, rules);
  drawn("proposals", root, () => drawProposals(root));
}

function proposalForm(root) {
  const fields = { name: kit.$("input"), rule: kit.$("select"), capacity: kit.$("input"), note: kit.$("textarea") };
  root.choice = kit.$("select");
  root.fields = fields;
  root.dirty = new Set();
  Object.assign(fields.name, { maxLength: 120, required: true });
  Object.assign(fields.capacity, { type: "number", min: 0, max: 5000, step: 1 });
  fields.note.maxLength = 2000;
  for (const [name, input] of Object.entries(fields)) input.addEventListener("input", () => root.dirty.add(name));
  root.choice.addEventListener("change", () => { root.dirty.clear(); root.chosen = root.choice.value; drawProposals(root); });
  root.save = button("", () => saveProposal(root));
  root.away = button("", () => act({ kind: "remove", proposal: root.chosen }, root.data.of), "mm-quiet");
  root.append(...[root.choice, ...Object.values(fields)].map((input) => field("", input)), root.save, root.away);
}

function saveProposal(root) {
  const { fields, dirty } = root;
  if (!dirty.size || !fields.name.reportValidity() || !fields.capacity.reportValidity()) return;
  const said = {};
  for (const name of dirty) {
    const { value } = fields[name];
    said[name] = name === "capacity" ? (value === "" ? null : Number(value)) : value;
  }
  dirty.clear();
  act({ kind: "edit", proposal: root.chosen, ...said }, root.data.of);
}

/** The rows of the server with the edits that they do not hold yet. */
function proposalRows(data) {
  const rows = new Map(data.rows.map((row) => [row.id, { ...row }]));
  for (const one of unseen(data)) {
    if (one.kind === "edit" && rows.has(one.proposal)) Object.assign(rows.get(one.proposal), { ...one, id: one.proposal });
    if (one.kind === "remove") rows.delete(one.proposal);
  }
  return rows;
}

function drawProposals(root) {
  const { data } = root;
  const rows = proposalRows(data);
  if (!rows.has(root.chosen)) { root.chosen = rows.keys().next().value; root.dirty.clear(); }
  const named = new Map(data.rows.map((row) => [row.id, row.name]));
  options(root.choice, [...rows.values()].map((row) => [row.id, named.get(row.id) === row.name ? data.titles[row.id] : row.name]));
  root.choice.value = root.chosen;
  const row = rows.get(root.chosen) || {};
  for (const [name, input] of Object.entries(root.fields)) if (!root.dirty.has(name)) put(input, row[name]);
  root.away.hidden = !row.own;
  [...Object.values(root.fields), root.save, root.away].forEach((one) => { one.disabled = Boolean(data.barred); });
}

// ---------------------------------------------------------------- roads

/** Every road with what is reported about it; each cell that is written is an act. */
export function roads(component) {
  const { data } = component;
  const root = kit.slot(component, "mm-roads");
  const inputs = new Map();
  const body = kit.$("tbody");
  body.append(...data.rows.map((row) => roadLine(row, data, inputs)));
  const table = kit.$("table");
  const columns = [...data.columns.slice(0, 1), ...data.fields.map(([, title]) => title), ...data.columns.slice(1)];
  table.append(kit.$("caption", "", data.caption), headOf(columns), body);
  const focused = component.parentElement.activeElement;
  const at = focused && focused.dataset ? focused.dataset.at : null;
  root.tabIndex = 0;
  root.replaceChildren(table);
  if (at) root.querySelector(`[data-at="${CSS.escape(at)}"]`)?.focus();
  drawn("roads", root, () => {
    const said = unseen(data).filter((one) => one.kind === "road");
    for (const row of data.rows) {
      const values = Object.assign({}, row.values, ...said.filter((one) => one.road === row.id));
      for (const [name] of data.fields) put(inputs.get(`${row.id} ${name}`), values[name]);
    }
  });
}

function roadLine(row, data, inputs) {
  const line = kit.$("tr"), head = kit.$("th", "", row.road);
  head.scope = "row";
  line.append(head);
  for (const [name, title, choices] of data.fields) {
    const input = kit.$(choices ? "select" : "input"), cell = kit.$("td");
    if (choices) options(input, choices);
    else input.maxLength = 400;
    if (name === "date") input.type = "date";
    input.disabled = Boolean(data.barred);
    input.dataset.at = `${row.id} ${name}`;
    input.setAttribute("aria-label", `${title}, ${row.road}`);
    input.addEventListener("change", () => act({ kind: "road", road: row.id, [name]: input.value }, data.of));
    inputs.set(`${row.id} ${name}`, input);
    cell.append(input);
    line.append(cell);
  }
  line.append(...row.cells.map((text) => kit.$("td", "mm-num", text)));
  return line;
}
