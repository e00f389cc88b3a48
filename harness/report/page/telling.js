// Attempts, retries and chords in words. Owns: what details, tooltips, tables and screen readers say of them, so that all
// say the same. Refuses: the DOM.

import { duration, error, moment, ordinal, shortName, valueText } from "./format.js";

export function attemptTitle(report, attempt) {
  return `${report.label(report.attempts[attempt].task)}, ${ordinal(report.nth[attempt])} attempt`;
}

export function processName(report, process) {
  const found = report.processes[process];
  return found ? `${found.process} (${found.pid})` : "?";
}

// One sentence, for a screen reader.
export function attemptSentence(report, attempt) {
  const { ending, start, process, exception } = report.attempts[attempt];
  const raised = report.value(exception);
  return [
    `${attemptTitle(report, attempt)}: ${ending}${raised ? ` with ${shortName(raised.type)}` : ""}`,
    `started at ${moment(start)}, lasted ${duration(report.endOf(attempt) - start)}`,
    `on ${processName(report, process)}`,
    ...retrySentence(report, report.retryAfter[attempt]),
  ].join("; ");
}

function retrySentence(report, retry) {
  return retry < 0 ? [] : [`retry ${retryWords(report.retries[retry])}`];
}

// "asked for 4 s, started after 4.001 s, +0.84 ms"
export function retryWords({ low_us: low, high_us: high, asked_us: asked, observed_us: observed, error_us: off, is_jittered: isJittered }) {
  const range = isJittered && low !== high ? ` of ${duration(low)} to ${duration(high)}` : "";
  const seen = observed === null ? "never started" : `started after ${duration(observed)}${off === null ? "" : `, ${error(off)}`}`;
  return `asked for ${duration(asked)}${range}, ${seen}`;
}

// Name and value, in the order in which people ask: [["Outcome", "..."], ...]
export function attemptFacts(report, attempt) {
  const it = report.attempts[attempt];
  const raised = report.value(it.exception);
  const message = it.message === null ? null : report.messages[it.message];
  const before = report.retryBefore[attempt];
  const after = report.retryAfter[attempt];
  return [
    ["Outcome", raised ? `${it.ending}: ${shortName(raised.type)}: ${raised.message}` : it.ending],
    ["Started", moment(it.start, 6)],
    ["Lasted", duration(report.endOf(attempt) - it.start)],
    it.closed !== null && it.end !== null && it.closed > it.end ? ["Closed", `${duration(it.closed - it.end)} later`] : null,
    ["Process", processName(report, it.process)],
    message ? ["Sent", `${sender(report, message)}, ${duration(it.start - message.sent)} before the start`] : null,
    message?.delivered ? ["Delivered", `${duration(message.delivered - message.sent)} after it was sent`] : null,
    before >= 0 ? ["Retry before", withFormula(report.retries[before])] : null,
    after >= 0 ? ["Retry after", withFormula(report.retries[after])] : null,
    it.args === null && it.kwargs === null ? null : ["Arguments", `${valueText(report.value(it.args))} ${valueText(report.value(it.kwargs))}`],
    it.ending === "succeeded" ? ["Returned", valueText(report.value(it.returned))] : null,
  ].filter((fact) => fact !== null);
}

function sender(report, { by, from }) {
  const who = { experiment: "by the experiment", task: "by a task's code", chord: "as a chord's body", retry: "as a retry", worker: "by a worker" }[by] ?? by;
  return from === null ? who : `${who}, from ${attemptTitle(report, from)}`;
}

export function chordSentence(report, chord) {
  const { counts, members, size, body, triggered } = report.chords[chord];
  const counted = `${counts.length} of ${size ?? members.length} members counted`;
  const end = triggered === null ? "its body was not sent" : `its body was sent at ${moment(triggered)}`;
  return `chord with body ${body === null ? "unknown" : report.label(body)}: ${counted}, ${end}`;
}

function withFormula(retry) {
  return retry.formula ? `${retryWords(retry)} (${retry.formula})` : retryWords(retry);
}
