// Laws: what each one says of this run, and by what evidence. Owns: their order, the evidence step by step, which
// evidence is highlighted on the timeline. Refuses: to rule; the words of a violation are the judge's.

import { el, fill } from "./dom.js";
import { count } from "./format.js";
import { eventLink, link, withRoom } from "./links.js";
import { pill } from "./marks.js";
import { goTo } from "./section.js";
import { select, selection, subscribe } from "./selection.js";

const ORDER = ["violated", "undecided", "holds", "not exercised"];
// So many pieces of evidence are shown at once; a law that is broken everywhere has thousands.
const AT_ONCE = 20;

export function build(root, report) {
  const cards = ORDER.map((ruling) => [ruling, report.laws.map((law, i) => ({ law, i })).filter(({ law }) => law.ruling === ruling)])
    .filter(([, laws]) => laws.length > 0);
  fill(root, el("div", { class: "laws" }, cards.map(([ruling, laws]) => group(report, ruling, laws))));
}

function group(report, ruling, laws) {
  const isOpen = ruling !== "not exercised";
  const missing = laws.filter(({ law }) => law.is_named && ruling !== "holds" && ruling !== "violated").length;
  return el("details", { class: "card law-group", open: isOpen || missing > 0 },
    el("summary", {}, pill(ruling), el("span", { class: "soft", text: count(laws.length, "law") }),
      missing > 0 && el("span", { class: "tone-bad", text: `${missing} of them this scenario was to show` })),
    el("div", { class: `law-list ${laws.some(({ law }) => law.evidence.length) ? "is-wide" : ""}` }, laws.map(({ law, i }) => one(report, law, i))));
}

function one(report, law, i) {
  return el("article", { class: "law", aria: { label: law.name } },
    el("div", { class: "law-head" },
      el("h3", { text: law.statement }),
      el("p", { class: "soft law-facts" }, el("span", { class: "code", text: law.name }), " ",
        el("span", { text: count(law.instances, "instance") }),
        law.ruling === "violated" && el("span", { class: law.is_expected ? "soft" : "tone-bad", text: law.is_expected ? "expected of this scenario" : "not expected" }),
        law.reason && el("span", { text: law.reason }))),
    law.source && el("p", { class: "soft source" }, el("span", { class: "visually-hidden", text: "Stands in: " }), law.source),
    evidenceOf(report, law, i));
}

function evidenceOf(report, law, i) {
  if (law.evidence.length === 0) return null;
  const list = el("div", { class: "evidence-list" });
  const show = (upTo) => fill(list, law.evidence.slice(0, upTo).map((evidence, j) => piece(report, law, i, evidence, j)),
    upTo < law.evidence.length && el("button", { class: "button", type: "button", text: `Show ${Math.min(AT_ONCE, law.evidence.length - upTo)} more of ${law.evidence.length}`, on: { click: () => show(upTo + AT_ONCE) } }));
  show(AT_ONCE);
  return list;
}

function piece(report, law, i, evidence, j) {
  const choice = { law: i, evidence: j };
  const isChosen = () => selection().law?.law === i && (selection().law.evidence ?? 0) === j;
  const toggle = el("button", { class: "button", type: "button", aria: { pressed: "false" }, text: "Highlight on the timeline", on: { click: () => {
    if (isChosen()) { select({ law: null }); return; }
    select({ law: choice, task: null, range: around(report, evidence.events) });
    goTo("timeline", { isFocused: true });
  } } });
  const node = el("div", { class: "evidence" },
    el("p", { class: "claim", text: evidence.claim }),
    el("dl", { class: "pairs" }, el("dt", { text: "Expected" }), el("dd", { text: evidence.expected }),
      el("dt", { text: "Observed" }), el("dd", { class: "observed-text", text: evidence.observed })),
    el("ol", { class: "steps", aria: { label: "Evidence, step by step" } }, evidence.steps.map((step) => stepOf(report, step, choice))),
    evidence.events.length > 0 && toggle);
  const show = () => {
    node.classList.toggle("is-chosen", isChosen());
    toggle.setAttribute("aria-pressed", String(isChosen()));
  };
  subscribe((_, changed) => changed.has("law") && show());
  show();
  return node;
}

function stepOf(report, { event, says }, choice) {
  if (event === null) return el("li", { class: "step" }, el("span", { class: "step-says", text: says }));
  const { task, source } = report.events.at(event);
  return el("li", { class: "step has-event" }, eventLink(report, event, { law: choice }), " ",
    el("span", { class: "step-says", text: says }), " ",
    el("span", { class: "soft nowrap", text: [report.label(task), source].filter(Boolean).join(", ") }), " ",
    link("in events", () => { select({ event, law: choice }); goTo("events", { isFocused: true }); }, { aria: { label: `Show this event among all events` } }));
}

function around(report, events) {
  if (events.length === 0) return null;
  const moments = events.map((event) => report.events.us[event]);
  return withRoom(report, Math.min(...moments), Math.max(...moments));
}
