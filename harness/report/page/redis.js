// Redis: what broker and backend held after each command, and which commands, by whom, moved a chord along, in Redis's
// own order. Owns: the list of commands, the state beside it. Refuses: to replay (redis-state.js).

import { el, fill, svg } from "./dom.js";
import { count, moment } from "./format.js";
import { link, taskLink } from "./links.js";
import { KEY, EVENT, PROCESS, TASK, US, WHAT, depths, movesChord, stateAt, thinned } from "./redis-state.js";
import { goTo } from "./section.js";
import { select, selection, subscribe } from "./selection.js";
import { virtualRows } from "./virtual-rows.js";
import { spanIsWithin } from "./within.js";

const SAYS = {
  queued: "message into the queue", taken: "message handed over, not acknowledged", acked: "message acknowledged",
  result: "state of a task stored", counted: "member counted by its chord", claimed: "body of the chord claimed",
};
const NAMED = 12;

export function isShown(report) {
  return report.redis.rows.length > 0;
}

export function build(root, report) {
  const { rows } = report.redis;
  const facts = { tasks: report.tasks, members: new Set(report.chords.flatMap(({ members }) => members)) };
  const kept = new Map();
  const moves = rows.map((row) => movesChord(facts, row));
  const view = { place: rows.length - 1, isOnlyChords: false };
  const state = el("div", { class: "redis-state" });
  const figures = el("span", { class: "soft", role: "status" });
  const slider = el("input", { type: "range", min: 0, max: rows.length - 1, value: view.place, aria: { label: "Command after which the state is shown" }, on: { input: () => goOn(Number(slider.value)) } });
  const picture = depthPicture(report, rows);
  const list = virtualRows({
    label: "Redis's commands, in its own order",
    columns: [{ title: "Time", class: "num" }, { title: "Command", class: "kind" }, { title: "Task", class: "task" }, { title: "By", class: "process" }, { title: "Key", class: "says" }],
    cells: (place) => cells(report, rows[place]),
    rowClass: (place) => (moves[place] ? "is-chord" : ""),
    onActive: (place) => goOn(place),
  });
  const goOn = (place) => {
    view.place = Math.min(rows.length - 1, Math.max(0, place));
    slider.value = String(view.place);
    slider.setAttribute("aria-valuetext", `${moment(rows[view.place][US])}, command ${view.place + 1} of ${rows.length}`);
    list.activate(view.place);
    picture.point(rows[view.place][US]);
    showState(state, report, rows, view.place, stateAt(rows, view.place, kept));
  };
  const filter = () => {
    const left = rows.flatMap((row, place) => (isWithin(row, selection()) && (!view.isOnlyChords || moves[place]) ? [place] : []));
    figures.textContent = left.length === rows.length ? count(rows.length, "command") : `${left.length} of ${count(rows.length, "command")}`;
    list.show(left);
  };
  const step = (text, label, by) => el("button", { class: "button", type: "button", text, aria: { label }, on: { click: () => goOn(view.place + by) } });
  const chordsOnly = el("button", { class: "button", type: "button", aria: { pressed: "false" }, text: "Only what moved a chord along", on: { click: () => {
    view.isOnlyChords = !view.isOnlyChords;
    chordsOnly.setAttribute("aria-pressed", String(view.isOnlyChords));
    filter();
  } } });
  fill(root, el("div", { class: "card" },
    el("div", { class: "toolbar" }, step("‹", "Command before", -1), slider, step("›", "Next command", 1), chordsOnly, el("span", { class: "grow" }), figures),
    picture.node, el("div", { class: "events-body" }, list.node, state)));
  subscribe((_, changed) => (changed.has("range") || changed.has("task")) && filter());
  filter();
  goOn(view.place);
  requestAnimationFrame(() => list.redraw());
}

function isWithin(row, chosen) {
  return spanIsWithin(row[US], row[US], chosen) && (chosen.task === null || chosen.task === row[TASK]);
}

function cells(report, row) {
  const task = row[TASK];
  return [moment(row[US]), row[WHAT], task === null || task < 0 ? "" : report.label(task), nameOf(report, row[PROCESS]), row[KEY] ?? ""];
}

function nameOf(report, process) {
  return report.processes[process]?.source ?? "";
}

// ---- the state beside the list -------------------------------------------------------------------------------------

function showState(root, report, rows, place, state) {
  const row = rows[place];
  const event = row[EVENT];
  fill(root,
    el("h3", {}, "After ", moment(row[US])),
    el("p", { class: "soft" }, SAYS[row[WHAT]] ?? row[WHAT], nameOf(report, row[PROCESS]) && `, by ${nameOf(report, row[PROCESS])}`, ". ",
      event !== null && event >= 0 && link("Show it on the timeline", () => { select({ event }); goTo("timeline", { isFocused: true }); })),
    part("Queues", [...state.queues].filter(([, tasks]) => tasks.length).map(([key, tasks]) => item(report, key, tasks)), "no message waits"),
    part("Handed over, not acknowledged", state.unacked.size ? [item(report, null, [...state.unacked.keys()])] : [], "nothing"),
    part("Chords", [...state.chords].slice(-NAMED).map(([key, chord]) => chordItem(report, key, chord)), "none was counted yet"),
    part("States", resultsByState(state).map(([text, tasks]) => item(report, text, tasks)), "none is stored"));
}

function part(title, items, nothing) {
  return el("div", { class: "state-part" }, el("h4", { text: title }), items.length ? el("ul", {}, items) : el("p", { class: "soft", text: nothing }));
}

function item(report, name, tasks) {
  const known = tasks.filter((task) => task !== null && task >= 0);
  const rest = tasks.length - Math.min(known.length, NAMED);
  return el("li", {}, name !== null && el("span", { class: "code", text: name }), name !== null && " ",
    el("span", { class: "num", text: tasks.length }), ": ", known.slice(0, NAMED).map((task) => taskLink(report, task)), rest > 0 && el("span", { class: "soft", text: ` and ${rest} more` }));
}

function chordItem(report, key, { counted, claimed }) {
  const chord = report.chords.find(({ group }) => group === key);
  const size = chord?.size ?? chord?.members.length ?? null;
  const body = chord?.body ?? null;
  return el("li", {}, el("span", { class: "num", text: `${counted.length}${size === null ? "" : ` of ${size}`}` }), " counted",
    body !== null && [" for ", taskLink(report, body)], claimed !== null && el("span", { class: "soft", text: ` claimed by ${nameOf(report, claimed) || "somebody"}` }));
}

// Of a stored state the command's key is the state.
function resultsByState(state) {
  const found = new Map();
  for (const [task, row] of state.results) {
    found.set(row[KEY], [...(found.get(row[KEY]) ?? []), task]);
  }
  return [...found];
}

// ---- how many messages there were ----------------------------------------------------------------------------------

const WIDTH = 1000;
const HEIGHT = 72;
const FOOT = 14;

function depthPicture(report, rows) {
  const points = depths(rows);
  const top = points.reduce((most, [, waiting, held]) => Math.max(most, waiting, held), 1);
  const length = Math.max(1, report.end - report.begin);
  const x = (us) => ((us - report.begin) / length) * WIDTH;
  const y = (n) => 4 + (HEIGHT - FOOT - 6) * (1 - n / top);
  const columns = thinned(points, (us) => Math.round(x(us)));
  const steps = (what) => `M0 ${y(0).toFixed(1)}${columns.map((one) => `H${one.x}V${y(one.most[what]).toFixed(1)}V${y(one.end[what]).toFixed(1)}`).join("")}H${WIDTH}`;
  const cursor = svg("line", { class: "cursor", x1: 0, x2: 0, y1: 0, y2: HEIGHT - FOOT });
  const node = el("figure", { class: "figure depth" },
    svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", role: "img", aria: { label: `Messages in Redis over time, at most ${top}; the list below has every command` } },
      svg("path", { class: "held", d: steps(1) }), svg("path", { class: "waiting", d: steps(0) }), cursor),
    el("figcaption", { class: "soft" }, el("span", { class: "key-waiting", text: "in queues" }), el("span", { class: "key-held", text: "handed over, not acknowledged" }), el("span", { text: `at most ${top}` })));
  return { node, point: (us) => { cursor.setAttribute("x1", x(us)); cursor.setAttribute("x2", x(us)); } };
}
