// Events: the whole history, line by line. Owns: its filters (task, process, kind, words), which events they leave, the
// details of one. Refuses: to draw more of it than is in the window (virtual-rows.js).

import { el, fill } from "./dom.js";
import { count, duration, moment, number, valueText } from "./format.js";
import { eventLink, link, taskLink } from "./links.js";
import { select, selection, subscribe } from "./selection.js";
import { inNextFrame, virtualRows } from "./virtual-rows.js";
import { eventIsWithin } from "./within.js";

const ANY = -1;
// So many tasks are offered to choose from: a browser measures every option whenever one is chosen. Words find the others.
const OFFERED = 500;

export function build(root, report) {
  const filters = { process: ANY, kind: ANY, words: "" };
  let guilty = new Set(report.eventsOfLaw(selection().law));
  const figures = el("span", { class: "soft", role: "status" });
  const details = el("div", { class: "event-details" });
  const rows = virtualRows({
    label: "Events of the history",
    columns: [{ title: "Time", class: "num" }, { title: "Event", class: "kind" }, { title: "Task", class: "task" }, { title: "Process", class: "process" }, { title: "What it says", class: "says" }],
    cells: (index) => cells(report, index),
    rowClass: (index) => (guilty.has(index) ? "is-guilty" : ""),
    onActive: (event) => select({ event }),
  });
  const filter = () => {
    const left = leftBy(report, filters, selection());
    figures.textContent = left.length === report.events.length ? count(left.length, "event") : `${number(left.length)} of ${count(report.events.length, "event")}`;
    rows.show(left);
  };
  const tools = toolbar(report, filters, inNextFrame(filter));
  fill(root, el("div", { class: "card events" }, el("div", { class: "toolbar" }, tools.nodes, el("span", { class: "grow" }), figures), el("div", { class: "events-body" }, rows.node, details)),
    el("p", { class: "print-only soft", text: `${count(report.events.length, "event")} in all; the page on a screen lists them, report.json has them.` }));
  subscribe((chosen, changed) => {
    if (changed.has("law")) guilty = new Set(report.eventsOfLaw(chosen.law));
    if (changed.has("range") || changed.has("task")) { tools.follow(chosen.task); filter(); }
    if (changed.has("event")) { showDetails(details, report, chosen.event); if (chosen.event !== null) rows.activate(chosen.event); }
    if (changed.has("law")) rows.redraw();
  });
  filter();
  showDetails(details, report, selection().event);
  // The grid has its height only now that it is on the page.
  requestAnimationFrame(() => (selection().event === null ? rows.redraw() : rows.activate(selection().event)));
}

// The events that filters and selection leave, in order.
export function leftBy(report, { process, kind, words }, chosen) {
  const { events } = report;
  const wanted = words.trim().toLowerCase();
  const left = [];
  for (let i = 0; i < events.length; i += 1) {
    if (process !== ANY && events.source[i] !== process) continue;
    if (kind !== ANY && events.kind[i] !== kind) continue;
    if (!eventIsWithin(report, i, chosen)) continue;
    if (wanted && !textOf(report, i).includes(wanted)) continue;
    left.push(i);
  }
  return left;
}

function textOf(report, i) {
  const { events } = report;
  return `${events.kinds[events.kind[i]]} ${report.label(events.task[i])} ${events.says(i)}`.toLowerCase();
}

function cells(report, index) {
  const { events } = report;
  const task = events.task[index];
  return [moment(events.us[index]), events.kinds[events.kind[index]], task < 0 ? "" : report.label(task), processName(report, events.source[index]), events.says(index)];
}

function processName(report, source) {
  return report.processes[source]?.source ?? report.events.sources[source] ?? "";
}

function toolbar(report, filters, changed) {
  const set = (name, value) => { filters[name] = value; changed(); };
  const tasks = chooser("Task", [[ANY, "All tasks"], ...report.tasks.slice(0, OFFERED).map((_, i) => [i, report.label(i)])], (value) => select({ task: value === ANY ? null : value }));
  const kinds = chooser("Kind", [[ANY, "All kinds"], ...report.events.kinds.map((kind, i) => [i, kind]).sort((one, other) => one[1].localeCompare(other[1]))], (value) => set("kind", value));
  const processes = chooser("Process", [[ANY, "All processes"], ...report.events.sources.map((_, i) => [i, processName(report, i)])], (value) => set("process", value));
  const words = el("input", { type: "search", placeholder: "Filter by words", aria: { label: "Filter events by words" }, on: { input: (event) => set("words", event.target.value) } });
  const follow = (task) => {
    const wanted = String(task ?? ANY);
    tasks.value = wanted;
    if (tasks.value === wanted) return;
    tasks.append(el("option", { value: wanted, text: report.label(task) }));
    tasks.value = wanted;
  };
  follow(selection().task);
  return { nodes: [tasks, processes, kinds, words], follow };
}

function chooser(label, options, choose) {
  return el("select", { aria: { label: `${label} of the events` }, on: { change: (event) => choose(Number(event.target.value)) } },
    options.map(([value, text]) => el("option", { value, text })));
}

function showDetails(root, report, index) {
  if (index === null) {
    fill(root, el("p", { class: "soft", text: "Choose an event to see all that it says. In the list, arrow keys go from one to the next." }));
    return;
  }
  const event = report.events.at(index);
  const process = report.processes[event.process];
  const fields = Object.entries(event.fields).filter(([, value]) => value !== null);
  fill(root, el("h3", { text: event.kind }), el("p", { text: event.says }), el("p", {}, eventLink(report, index)),
    el("dl", { class: "pairs" },
      event.task < 0 ? [] : pair("task", [taskLink(report, event.task), " ", el("span", { class: "soft code", text: report.tasks[event.task].id })]),
      pair("process", `${event.source}${process ? `, ${process.role}` : ""}`),
      pair("real time", `${duration(event.wall)} after the first`),
      pair("event", `${index + 1} of ${report.events.length}`),
      fields.flatMap(([name, value]) => pair(name.replaceAll("_", " "), el("span", { class: "code", text: typeof value === "string" ? value : valueText(value) })))),
    el("p", {}, link("Close", () => select({ event: null }))));
}

function pair(name, content) {
  return [el("dt", { text: name }), el("dd", {}, content)];
}
