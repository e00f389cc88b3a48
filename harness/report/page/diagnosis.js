// Diagnosis: what came of the run, read from the top like a check-list. Owns: how its steps look, tracebacks on demand.
// Refuses: to find causes, which is done where the history is.

import { el, fill } from "./dom.js";
import { attemptLink, taskLink } from "./links.js";
import { mark } from "./marks.js";

// So many tasks are named in one step; the others are counted.
const NAMED = 24;

export function isShown(report) {
  return Boolean(report.diagnosis && (report.diagnosis.state || report.diagnosis.steps.length));
}

export function build(root, report) {
  const { state, steps } = report.diagnosis;
  fill(root, el("div", { class: "card is-padded" },
    state && el("p", { class: "diagnosis-state", text: state }),
    el("ol", { class: "check-list" }, steps.map((step) => stepOf(report, step))),
    report.discrepancies.length > 0 && el("div", { class: "below" }, el("h3", { text: "What differs from what was to come" }),
      el("ul", {}, report.discrepancies.map((text) => el("li", { text }))))));
}

function stepOf(report, { kind, says, tasks = [], attempt = null }) {
  const raised = attempt === null ? null : report.value(report.attempts[attempt].exception);
  const rest = tasks.length - NAMED;
  return el("li", { class: `check tone-border-${kind.replaceAll(" ", "-")}` },
    el("span", { class: "check-mark" }, mark(kind), el("span", { class: "check-kind", text: kind })),
    el("div", {},
      el("p", { class: "check-says", text: says }),
      tasks.length > 0 && el("p", { class: "check-tasks" }, tasks.slice(0, NAMED).map((task) => taskLink(report, task)), rest > 0 && el("span", { class: "soft", text: `and ${rest} more` })),
      attempt !== null && el("p", {}, attemptLink(report, attempt, "Show the attempt on the timeline")),
      raised && el("details", {}, el("summary", { text: `Traceback of ${raised.type}` }),
        el("pre", { tabindex: "0", aria: { label: "Traceback" }, text: raised.traceback || `${raised.type}: ${raised.message}` }))));
}
