// The timeline as tables: the same facts, for who reads rather than looks. Drawn when it is opened, some rows at a time.

import { el, fill } from "./dom.js";
import { count, duration, error, moment, ordinal } from "./format.js";
import { pill } from "./marks.js";
import { select, selection, subscribe } from "./selection.js";
import { chordSentence, processName } from "./telling.js";
import { attemptIsWithin } from "./within.js";

const AT_ONCE = 200;
const COLUMNS = ["Task", "Attempt", "Outcome", "Process", "Started", "Lasted", "Delay before", "Error"];
const FIGURES = new Set(["Started", "Lasted", "Delay before", "Error"]);

export function showTable(root, report) {
  const body = el("div");
  fill(root, el("summary", { text: "The timeline as a table" }), body);
  let shown = AT_ONCE;
  const show = () => root.open && fill(body, attempts(report, shown, () => ((shown += AT_ONCE * 5), show())), moments(report));
  root.addEventListener("toggle", show);
  subscribe((_, changed) => (changed.has("range") || changed.has("task") || changed.has("attempt")) && show());
}

function attempts(report, shown, more) {
  const within = report.attempts.map((_, i) => i).filter((i) => attemptIsWithin(report, i, selection()));
  within.sort((one, other) => report.attempts[one].start - report.attempts[other].start || one - other);
  return [
    el("div", { class: "card table-wrap", tabindex: "0", role: "region", aria: { label: "Attempts in order of time" } }, el("table", {},
      el("caption", { text: `${count(within.length, "attempt")}${within.length < report.attempts.length ? ` of ${report.attempts.length}` : ""}, in order of time` }),
      el("thead", {}, el("tr", {}, COLUMNS.map((name) => el("th", { scope: "col", class: FIGURES.has(name) ? "num" : "", text: name })))),
      el("tbody", {}, within.slice(0, shown).map((attempt) => row(report, attempt))))),
    within.length > shown && el("button", { class: "button", type: "button", text: `Show more (${count(within.length - shown, "row")} left)`, on: { click: more } }),
  ];
}

function row(report, attempt) {
  const { task, ending, process, start } = report.attempts[attempt];
  const before = report.retryBefore[attempt] < 0 ? null : report.retries[report.retryBefore[attempt]];
  const isChosen = attempt === selection().attempt;
  const choose = el("button", { class: "button is-link", type: "button", text: report.label(task), aria: { pressed: String(isChosen) }, on: { click: () => select({ attempt }) } });
  return el("tr", { class: isChosen ? "is-chosen" : "" }, el("th", { scope: "row" }, choose),
    el("td", { text: ordinal(report.nth[attempt]) }), el("td", {}, pill(ending)), el("td", { class: "nowrap", text: processName(report, process) }),
    el("td", { class: "num", text: moment(start, 6) }), el("td", { class: "num", text: duration(report.endOf(attempt) - start) }),
    el("td", { class: "num", text: before ? duration(before.observed_us) : "" }), el("td", { class: "num", text: before ? error(before.error_us) : "" }));
}

function moments(report) {
  const lines = [
    ...report.chords.map((_, i) => chordSentence(report, i)),
    ...report.faults.map(({ name, what, from, to }) => `${name}: ${what}, ${to === null ? moment(from) : `${moment(from)} to ${moment(to)}`}`),
  ];
  return lines.length ? el("ul", {}, lines.map((text) => el("li", { text }))) : null;
}
