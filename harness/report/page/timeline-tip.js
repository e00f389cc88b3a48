// What is said beside the pointer. The same is in the details and in the table: this is for the eye only.

import { el, fill } from "./dom.js";
import { duration, moment } from "./format.js";
import { pill } from "./marks.js";
import { attemptFacts, attemptTitle, chordSentence, retryWords } from "./telling.js";

const MOST_FACTS = 6;

export function showTip(timeline, found, { clientX, clientY }) {
  const { tip } = timeline;
  fill(tip, ...content(timeline, found));
  tip.hidden = false;
  const card = tip.offsetParent.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = tip;
  const x = Math.min(clientX - card.left + 14, card.width - width - 8);
  const below = clientY + 18 + height <= window.innerHeight;
  tip.style.left = `${Math.max(x, 8)}px`;
  tip.style.top = `${clientY - card.top + (below ? 18 : -height - 12)}px`;
}

export function hideTip({ tip }) {
  tip.hidden = true;
}

function content({ report, view }, { kind, index }) {
  if (kind === "attempt") {
    const { ending } = report.attempts[index];
    return [el("p", { class: "timeline-tip-title" }, el("strong", { text: attemptTitle(report, index) }), pill(ending)), facts(attemptFacts(report, index))];
  }
  if (kind === "retry") {
    const it = report.retries[index];
    return [el("p", {}, el("strong", { text: `Retry of ${report.label(it.task)}` })), el("p", { text: retryWords(it) }), el("p", { class: "soft", text: it.formula })];
  }
  if (kind === "chord") return [el("p", { text: chordSentence(report, index) })];
  if (kind === "fault") {
    const { name, what, from, to } = report.faults[index];
    return [el("p", {}, el("strong", { text: name })), el("p", { text: what }), el("p", { class: "soft", text: to === null ? moment(from) : `${moment(from)} to ${moment(to)}` })];
  }
  const [from, to] = view.scale.folds[index];
  return [el("p", { text: `Nothing happened for ${duration(Math.round(to - from))}` }), el("p", { class: "soft", text: "Folded; click its length on the ruler to look inside" })];
}

function facts(pairs) {
  return el("dl", { class: "pairs" }, pairs.slice(0, MOST_FACTS).flatMap(([name, value]) => [el("dt", { text: name }), el("dd", { text: value })]));
}
