// The ways from a table to the timeline. Owns: what a press on a task, an attempt, a moment or an event selects. Refuses:
// to show any of it, which is the timeline's.

import { el } from "./dom.js";
import { moment } from "./format.js";
import { goTo } from "./section.js";
import { select, selection } from "./selection.js";

// How much of what is around a moment is looked at with it.
const AROUND = 0.15;

export function link(text, choose, options = {}) {
  return el("button", { class: "button is-link", type: "button", text, on: { click: choose }, ...options });
}

// Follow a task through all its attempts, here and everywhere.
export function taskLink(report, task, text = report.label(task)) {
  if (task === null || task < 0) return el("span", { class: "soft", text: "–" });
  return link(text, () => select({ task: selection().task === task ? null : task }), {
    title: `Follow ${report.tasks[task].name} (${report.tasks[task].id})`,
  });
}

export function attemptLink(report, attempt, text) {
  const { task } = report.attempts[attempt];
  return link(text, () => {
    select({ attempt, task: null, range: withRoom(report, report.attempts[attempt].start, report.endOf(attempt)) });
    goTo("timeline", { isFocused: true });
  }, { title: `Show this attempt of ${report.label(task)} on the timeline` });
}

export function eventLink(report, event, chosen = {}) {
  return link(moment(report.events.us[event]), () => {
    select({ event, ...chosen });
    goTo("timeline", { isFocused: true });
  }, { title: "Show this event on the timeline" });
}

// A range that has room on both sides, and is never empty.
export function withRoom(report, from, to) {
  const room = Math.max((to - from) * AROUND, (report.end - report.begin) / 400, 1000);
  return [Math.max(report.begin, Math.round(from - room)), Math.min(report.end, Math.round(to + room))];
}
