// Group versus chord: the same work under both forms. Owns: the table of differences, two runs of the same work on one
// time axis with what their callbacks claimed, and the log tables below. Refuses: to judge claims; the scenario has.

import { el, fill, svg } from "./dom.js";
import { count, duration } from "./format.js";
import { mark, pill, toneOf } from "./marks.js";
import { scrolling } from "./table.js";

const FORMS = ["group", "chord"];
const CLAIM_ROOM = 26;
const LANE = 20;
const LEFT = 150;
const WIDTH = 1000;

export function isShown(report) {
  return Boolean(report.own?.group_versus_chord);
}

export function build(root, report) {
  const { kinds, reports } = report.own.group_versus_chord;
  const pairs = paired(reports);
  const sides = el("div", { class: "below" });
  const show = (kind, seed) => fill(sides, sideBySide(kinds.find((one) => one.kind === kind), seed, pairs.get(`${kind} ${seed}`)));
  fill(root, differences(kinds), el("h3", { class: "below", text: "One after the other, side by side" }), chooser(kinds, pairs, show), sides);
}

// ---- the table of differences --------------------------------------------------------------------------------------

function differences(kinds) {
  const heads = ["Kind of report", "Form", "Reports", "“finished” ran", "“failed” ran", "Status at the end", "True when it was set", "Ever said what was not true"];
  return el("div", { class: "card" }, scrolling("Differences between group and chord", el("table", { class: "differences" },
    el("thead", {}, el("tr", {}, heads.map((text, i) => el("th", { scope: "col", class: i > 1 && i !== 5 && i !== 7 ? "num" : null, text })))),
    kinds.map((kind) => el("tbody", {}, kind.forms.map((form, i) => el("tr", {},
      i === 0 && el("th", { scope: "rowgroup", rowspan: kind.forms.length }, el("span", { class: "code", text: kind.kind }), el("br"), el("span", { class: "soft", text: kind.says })),
      el("th", { scope: "row", text: form.form }), el("td", { class: "num", text: form.reports }),
      ran(form.finished, form.reports), ran(form.failed, form.reports),
      el("td", {}, Object.entries(form.statuses).map(([status, n]) => `${n} ${status}`).join(", ")),
      el("td", { class: "num" }, worth(form.true_when_set === form.reports), " ", String(form.true_when_set)),
      el("td", {}, untrue(form.untrue)))))))));
}

function ran(n, reports) {
  const isTooOften = n > reports;
  return el("td", { class: isTooOften ? "num tone-bad" : "num" }, isTooOften && worth(false), ` ${n}`);
}

function worth(isTrue) {
  return mark(isTrue ? "holds" : "violated");
}

function untrue(lies) {
  if (!lies) return el("span", { class: "soft", text: "none" });
  const longest = lies.longest_us === null ? "one of them for good" : `${duration(lies.longest_us)} at most`;
  return el("span", {}, worth(false), ` ${lies.reports}, for ${lies.median_us === null ? "ever" : duration(lies.median_us)} in the median, ${longest}`);
}

// ---- a pair --------------------------------------------------------------------------------------------------------

function paired(reports) {
  const found = new Map();
  for (const report of reports) {
    const key = `${report.kind} ${report.seed}`;
    found.set(key, [...(found.get(key) ?? []), report]);
  }
  found.forEach((pair) => pair.sort((one, other) => FORMS.indexOf(one.form) - FORMS.indexOf(other.form)));
  return found;
}

function chooser(kinds, pairs, show) {
  const seedsOf = (kind) => [...pairs.values()].filter(([one]) => one.kind === kind).map(([one]) => one.seed);
  const kind = el("select", { aria: { label: "Kind of report" } }, kinds.map((one) => el("option", { value: one.kind, text: one.says ? `${one.kind}: ${one.says}` : one.kind })));
  const seed = el("select", { aria: { label: "Seed" } });
  const offer = () => {
    fill(seed, seedsOf(kind.value).map((value) => el("option", { value, text: `seed ${value}` })));
    show(kind.value, seed.value);
  };
  kind.addEventListener("change", offer);
  seed.addEventListener("change", () => show(kind.value, seed.value));
  offer();
  return el("div", { class: "chooser no-print" }, kind, seed);
}

function sideBySide(kind, seed, pair = []) {
  const longest = Math.max(1, ...pair.flatMap((one) => [...one.log.flatMap(({ created, finished }) => [created, finished ?? created]), ...one.claims.map(({ at }) => at)].map((us) => us - one.began)));
  return [
    el("p", { class: "soft", text: `${kind.kind}, seed ${seed}: both forms on one axis of ${duration(longest)}, each from its first log line.` }),
    el("div", { class: "card is-padded sides" }, pair.map((one) => picture(one, longest))),
    el("div", { class: "logs" }, pair.map(log)),
  ];
}

function picture(report, longest) {
  const names = [...new Set(report.log.map(({ task }) => task))];
  const height = names.length * LANE + CLAIM_ROOM * Math.max(1, report.claims.length) + 8;
  const x = (us) => LEFT + ((us - report.began) / longest) * (WIDTH - LEFT - 24);
  const lane = (task) => names.indexOf(task) * LANE + 2;
  const foot = names.length * LANE + 6;
  return el("figure", { class: "figure side" },
    el("figcaption", {}, el("strong", { text: `As a ${report.form}` }), " ", pill(report.status === "failed" ? "failed" : report.status === "finished" ? "succeeded" : "never ran", report.status)),
    el("div", { class: "side-scroll", tabindex: "0", role: "region", aria: { label: `As a ${report.form}, over time` } },
      svg("svg", { viewBox: `0 0 ${WIDTH} ${height}`, width: WIDTH, height, role: "img", aria: { label: `${count(report.log.length, "attempt")} and ${count(report.claims.length, "claim")} of the report as a ${report.form}; the log below has the same` } },
        names.map((task) => [svg("text", { class: "axis", x: 0, y: lane(task) + 12, text: task }), svg("line", { class: "axis-line", x1: LEFT, x2: WIDTH, y1: lane(task) + LANE - 2, y2: lane(task) + LANE - 2 })]).flat(),
        report.log.map((line) => svg("rect", { class: `bar-${toneOf(line.status)}`, x: x(line.created), y: lane(line.task) + 1, height: LANE - 6, rx: 2, width: Math.max(3, x(line.finished ?? line.created) - x(line.created)) })),
        report.claims.flatMap((claim, i) => flag(claim, x(claim.at), foot + i * CLAIM_ROOM, height)))));
}

// A callback's claim: a line through all lanes, and its words beside it, on the side where there is room.
function flag(claim, x, y) {
  const tone = claim.untrue_us === 0 ? "good" : "bad";
  const isLeft = x > WIDTH * 0.6;
  const text = claim.untrue_us === 0 ? `“${claim.status}”: true` : `“${claim.status}”: not true${claim.untrue_us === null ? ", for good" : ` for ${duration(claim.untrue_us)}`}`;
  return [
    svg("line", { class: `claim tone-${tone}`, x1: x, x2: x, y1: 0, y2: y + 14 }),
    svg("g", { transform: `translate(${x + (isLeft ? -18 : 6)} ${y + 4})`, class: `claim tone-${tone}` }, mark(claim.untrue_us === 0 ? "holds" : "violated")),
    svg("text", { class: `claim-text tone-${tone}`, x: x + (isLeft ? -22 : 22), y: y + 14, "text-anchor": isLeft ? "end" : "start", text }),
  ];
}

function log(report) {
  const since = (us) => (us === null ? "–" : `${((us - report.began) / 1e6).toFixed(1)} s`);
  return el("div", { class: "card" }, scrolling(`Log of the report as a ${report.form}`, el("table", {},
    el("caption", { text: `As a ${report.form}: ${report.status}` }),
    el("thead", {}, el("tr", {}, el("th", { scope: "col", text: "Task" }), el("th", { scope: "col", text: "Status" }), ["Retry", "Created", "Finished"].map((text) => el("th", { scope: "col", class: "num", text })))),
    el("tbody", {}, report.log.map((line) => el("tr", {}, el("th", { scope: "row", class: "code", text: line.task }), el("td", {}, mark(line.status), " ", line.status),
      el("td", { class: "num", text: line.retry }), el("td", { class: "num", text: since(line.created) }), el("td", { class: "num", text: since(line.finished) })))))),
    el("ul", { class: "claims" }, report.claims.map((claim) => el("li", {}, worth(claim.untrue_us === 0), ` “${claim.status}” at ${since(claim.at)}: `,
      claim.untrue_us === 0 ? "true" : `not true (${claim.truth}), ${claim.going_on.length ? `${claim.going_on.join(" and ")} went on` : "nobody went on"}`)),
      report.claims.length === 0 && el("li", { class: "soft", text: "No callback ran." })));
}
