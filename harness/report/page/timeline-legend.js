// What the colours, textures and lines of the timeline mean: only those that this run has.

import { el } from "./dom.js";
import { mark, toneOf } from "./marks.js";

const ORDER = ["succeeded", "retried", "failed", "rejected", "ignored", "lost", "running"];

export function showLegend(root, report) {
  const present = new Set(report.attempts.map(({ ending }) => ending));
  for (const ending of ORDER.filter((one) => present.has(one))) {
    root.append(el("li", {}, el("span", { class: `swatch bar-${toneOf(ending)}` }, mark(ending)), el("span", { text: ending })));
  }
  const line = (name, text) => root.append(el("li", {}, el("span", { class: `swatch is-${name}`, aria: { hidden: "true" } }), el("span", { text })));
  if (report.messages.length) line("message", "message");
  if (report.retries.length) line("delay", "retry delay, its expected interval and its error");
  if (report.chords.length) line("chord", "chord\u2019s count, \u25c6 its body sent");
  if (report.faults.length) line("fault", "fault");
}
