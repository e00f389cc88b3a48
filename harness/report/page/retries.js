// Retries: attempt by attempt what was asked, by which formula, and what came of it. Owns: this table and the
// distribution of jittered delays. Refuses: to judge a delay, which the laws have done; it shows the clock's tolerance.

import { binned, bounds, distribution } from "./distribution.js";
import { el, fill, svg } from "./dom.js";
import { count, duration, error, moment, shortened, shortName } from "./format.js";
import { attemptLink, taskLink } from "./links.js";
import { mark } from "./marks.js";
import { selection, subscribe } from "./selection.js";
import { table } from "./table.js";
import { attemptIsWithin, retryIsWithin } from "./within.js";

const BINS = 10;
// Fewer draws than this fill no bins.
const ENOUGH = 20;

export function isShown(report) {
  return report.retries.length > 0;
}

export function build(root, report) {
  const rows = rowsOf(report);
  const figures = el("p", { class: "soft", role: "status" });
  const shown = table({ label: "Retries, attempt by attempt", isStacking: true, columns: columns(report), empty: "No retry within what is selected.", rowClass: ({ attempt }) => (attempt === selection().attempt ? "is-chosen" : "") });
  const show = () => {
    const within = rows.filter(({ attempt, retry }) => attemptIsWithin(report, attempt, selection()) || (retry !== null && retryIsWithin(report, retry, selection())));
    figures.textContent = summary(report, within.flatMap(({ retry }) => (retry === null ? [] : [report.retries[retry]])));
    shown.show(within);
  };
  fill(root, figures, el("div", { class: "card" }, shown.node), jitter(report));
  subscribe(show);
  show();
}

// All attempts of every task that was ever retried, so that the one that ended it stands below the ones before it.
export function rowsOf(report) {
  return report.tasks.flatMap(({ attempts }, task) => (report.retriesOf[task].length === 0 ? [] : attempts.map((attempt) => {
    const retry = report.retryAfter[attempt];
    return { task, attempt, retry: retry < 0 ? null : retry };
  })));
}

function summary(report, retries) {
  const errors = retries.map(({ error_us: us }) => us).filter((us) => us !== null);
  if (errors.length === 0) return count(retries.length, "retry", "retries");
  const worst = errors.reduce((one, other) => (Math.abs(other) > Math.abs(one) ? other : one));
  return `${count(retries.length, "retry", "retries")}; largest error ${error(worst)}, tolerated ${duration(report.run.tolerance_us)}`;
}

function columns(report) {
  const retryOf = ({ retry }) => (retry === null ? null : report.retries[retry]);
  const attemptOf = ({ attempt }) => report.attempts[attempt];
  const longest = Math.max(1, ...report.retries.map(({ high_us: high, observed_us: observed }) => Math.max(high ?? 0, observed ?? 0)));
  return [
    { title: "Task", cell: ({ task }) => taskLink(report, task), sort: ({ task }) => report.label(task) },
    { title: "Attempt", cell: (row) => [attemptLink(report, row.attempt, String(attemptOf(row).retries + 1)), " ", mark(attemptOf(row).ending), " ", attemptOf(row).ending], sort: (row) => attemptOf(row).retries, class: "nowrap" },
    { title: "Started", isNumber: true, cell: (row) => moment(attemptOf(row).start), sort: (row) => attemptOf(row).start },
    { title: "Ended", isNumber: true, cell: (row) => moment(attemptOf(row).end), sort: (row) => attemptOf(row).end },
    { title: "Exception", cell: (row) => exception(report, attemptOf(row)), class: "wide-text" },
    { title: "Delay asked", isNumber: true, cell: (row) => duration(retryOf(row)?.asked_us), sort: (row) => retryOf(row)?.asked_us ?? null },
    { title: "Formula", cell: (row) => formula(retryOf(row)), class: "formula" },
    { title: "Observed", isNumber: true, cell: (row) => duration(retryOf(row)?.observed_us), sort: (row) => retryOf(row)?.observed_us ?? null },
    { title: "Error", isNumber: true, cell: (row) => errorOf(report, retryOf(row)), sort: (row) => retryOf(row)?.error_us ?? null },
    { title: "Expected and observed", cell: (row) => strip(retryOf(row), longest), help: "The band is what was expected, the line what was observed; all rows have one scale" },
  ];
}

function exception(report, attempt) {
  const raised = report.value(attempt.exception);
  if (!raised) return el("span", { class: "soft", text: "–" });
  return el("span", { title: raised.message }, el("span", { class: "code", text: shortName(raised.type) }), raised.message && `: ${shortened(raised.message, 90)}`);
}

function formula(retry) {
  if (!retry) return "–";
  return [el("span", { class: "code", text: retry.formula ?? "–" }), retry.is_jittered && el("span", { class: "soft nowrap", text: ` ${duration(retry.low_us)} to ${duration(retry.high_us)}` })];
}

function errorOf(report, retry) {
  if (!retry || retry.error_us === null) return "–";
  const isLate = Math.abs(retry.error_us) > report.run.tolerance_us;
  return el("span", { class: isLate ? "tone-bad" : null }, isLate && mark("violated"), isLate && " ", error(retry.error_us));
}

// The expected interval as a band and the observed delay as a line, on the scale of the longest delay.
function strip(retry, longest) {
  if (!retry) return "";
  const x = (us) => 2 + (us / longest) * 136;
  const [low, high] = [x(retry.low_us ?? retry.asked_us), x(retry.high_us ?? retry.asked_us)];
  return svg("svg", { class: "strip", viewBox: "0 0 140 16", width: 140, height: 16, aria: { hidden: "true" } },
    svg("rect", { class: "waited", x: 2, y: 5, width: low - 2, height: 6 }),
    svg("rect", { class: "expected-band", x: low - 2.5, y: 3, width: high - low + 5, height: 10, rx: 1.5 }),
    retry.observed_us !== null && svg("line", { class: "observed", x1: x(retry.observed_us), x2: x(retry.observed_us), y1: 0, y2: 16 }));
}

// ---- jitter --------------------------------------------------------------------------------------------------------

// Where in their ranges jittered delays fell, 0 the lower and 1 the upper end. Celery draws evenly from the whole range.
export function draws(retries) {
  return retries.filter(({ is_jittered: isJittered, low_us: low, high_us: high }) => isJittered && high > low)
    .map(({ asked_us: asked, low_us: low, high_us: high }) => (asked - low) / (high - low));
}

function jitter(report) {
  const places = draws(report.retries);
  if (places.length === 0) return null;
  const mean = places.reduce((sum, one) => sum + one, 0) / places.length;
  const outside = places.filter((one) => one < 0 || one > 1).length;
  const says = `${count(places.length, "delay")} with jitter, each from a range of its own; ${outside === 0 ? "all" : places.length - outside} inside it. ` +
    `On average ${Math.round(mean * 100)} % of the way from the shortest to the longest; 50 % is expected of an even draw.`;
  return el("div", { class: "below" }, el("h3", { text: "Jitter" }), el("p", { class: "soft", text: says }),
    places.length >= ENOUGH ? distribution({
      label: "Where in their range the delays fell, in percent", unit: " %", counts: binned(places, 0, 1, BINS),
      edges: Array.from({ length: BINS + 1 }, (_, i) => String((i * 100) / BINS)), expected: bounds(places.length, 1 / BINS),
    }) : el("p", { class: "soft", text: `A distribution is drawn from ${ENOUGH} delays on.` }));
}
