// Under the timeline: what is chosen on it, in full. An attempt's facts, an event, or a violation's evidence step by step.

import { el, fill } from "./dom.js";
import { moment } from "./format.js";
import { pill } from "./marks.js";
import { goTo } from "./section.js";
import { select, selection, subscribe } from "./selection.js";
import { attemptFacts, attemptTitle } from "./telling.js";

const HINT = "Choose an attempt to see what it did. Drag across the ruler to choose a range: everything below then shows that range only. " +
  "Hold Ctrl and turn the wheel to zoom, drag to move; or use the keyboard: arrows, +, \u2212, 0, F, T.";

export function showDetails(root, timeline) {
  const { report } = timeline;
  const show = () => {
    const { attempt, event, law } = selection();
    fill(root,
      law !== null && evidence(report, law),
      event !== null && oneEvent(report, event),
      attempt !== null && oneAttempt(timeline, attempt),
      attempt === null && event === null && law === null && el("p", { class: "soft", text: HINT }));
  };
  subscribe(show);
  show();
}

function oneAttempt(timeline, attempt) {
  const { report } = timeline;
  const { task, ending, exception } = report.attempts[attempt];
  const raised = report.value(exception);
  const isFollowed = selection().task === task;
  const others = report.tasks[task].attempts;
  const nth = others.indexOf(attempt);
  return el("div", { class: "timeline-chosen" },
    el("div", { class: "timeline-chosen-title" }, el("h3", { text: attemptTitle(report, attempt) }), pill(ending)),
    el("dl", { class: "pairs" }, attemptFacts(report, attempt).flatMap(([name, value]) => [el("dt", { text: name }), el("dd", { text: value })])),
    raised?.traceback && el("details", {}, el("summary", { text: "Traceback" }), el("pre", { tabindex: "0", text: raised.traceback })),
    el("div", { class: "timeline-actions" },
      button(isFollowed ? "Show all tasks" : "Follow this task", () => select({ task: isFollowed ? null : task })),
      others.length > 1 && button("Previous attempt", () => select({ attempt: others[nth - 1] }), nth <= 0),
      others.length > 1 && button("Next attempt", () => select({ attempt: others[nth + 1] }), nth >= others.length - 1),
      button("Zoom to it", () => timeline.show([timeline.scene.starts[attempt], timeline.scene.ends[attempt]])),
      button("Its events", () => {
        select({ task });
        goTo("events", { isFocused: true });
      }),
      report.dag && button("In the canvas", () => goTo("dag", { isFocused: true })),
      button("Close", () => select({ attempt: null }))));
}

function oneEvent(report, index) {
  const { kind, us, task, says } = report.events.at(index);
  return el("div", { class: "timeline-chosen" },
    el("div", { class: "timeline-chosen-title" }, el("h3", { text: kind }), el("span", { class: "soft", text: `event ${index}, ${moment(us, 6)}` })),
    el("p", { text: [report.label(task), says].filter(Boolean).join(": ") }),
    el("div", { class: "timeline-actions" }, button("Close", () => select({ event: null }))));
}

// The smallest offending set: numbered as on the picture.
function evidence(report, chosen) {
  const law = report.laws[chosen.law];
  const shown = law?.evidence[chosen.evidence ?? 0];
  if (!shown) return null;
  const saying = new Map(shown.steps.filter(({ event }) => event !== null).map(({ event, says }) => [event, says]));
  return el("div", { class: "timeline-chosen is-evidence" },
    el("div", { class: "timeline-chosen-title" }, el("h3", { text: law.name }), pill(law.ruling)),
    el("p", { text: shown.claim }),
    el("ol", { class: "timeline-evidence" }, shown.events.map((event) => el("li", {},
      el("button", { class: "button is-link", type: "button", text: moment(report.events.us[event], 6), aria: { label: `Event ${event} on the timeline, ${moment(report.events.us[event], 6)}` }, on: { click: () => select({ event }) } }),
      el("span", { text: saying.get(event) ?? `${report.label(report.events.task[event])} ${report.events.says(event)}` })))),
    el("div", { class: "timeline-actions" }, button("Back to the laws", () => goTo("laws", { isFocused: true })), button("Close", () => select({ law: null, event: null }))));
}

function button(text, run, isOff = false) {
  return el("button", { class: "button", type: "button", text, disabled: isOff, on: { click: run } });
}
