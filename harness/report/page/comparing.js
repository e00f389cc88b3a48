// What is different about two runs of one scenario. Owns: what is set beside what, and whether it differs. Refuses: the
// DOM, and to say which of the two is better.

import { duration, error } from "./format.js";

// Durations are called different from here on: what a busy machine does to a run is not what one looks for.
const NOTABLE = 0.1;
// What no two runs have alike, and what is no reason for anything.
const OF_COURSE = new Set(["made", "command"]);

// [{ title, rows: [{ name, one, other, differs }] }], each value as text; null where a run has none.
export function compared(one, other) {
  return [
    { title: "What came of it", rows: outcomes(one, other) },
    { title: "Clock and testbed", rows: settings(one, other) },
    { title: "Versions and machine", rows: pairs(one.provenance, other.provenance).map((pair) => ({ ...pair, differs: pair.differs && !OF_COURSE.has(pair.name) })) },
    { title: "Attempts", rows: pairs(one.attempts, other.attempts) },
    { title: "Retry delays", rows: retries(one.retries ?? [], other.retries ?? []) },
    { title: "Stored states", rows: pairs(one.states, other.states) },
    { title: "Laws", rows: pairs(one.laws, other.laws) },
  ].filter(({ rows }) => rows.length > 0);
}

function outcomes(one, other) {
  return [
    row("outcome", one.outcome_text, other.outcome_text),
    row("as expected", said(one.is_as_expected), said(other.is_as_expected)),
    row("ending", one.ending, other.ending),
    time("virtual time", one.virtual_us, other.virtual_us),
    time("wall time", one.wall_us, other.wall_us),
    row("attempts in all", text(one.attempts_n), text(other.attempts_n)),
    row("events", text(one.events), text(other.events)),
    row("discrepancies", (one.discrepancies ?? []).join("; ") || "none", (other.discrepancies ?? []).join("; ") || "none"),
  ];
}

function settings(one, other) {
  return [
    row("clock", clock(one), clock(other)),
    ...pairs(one.conditions, other.conditions).filter(({ name }) => name !== "clock").map((pair) => ({ ...pair, name: pair.name.replaceAll("_", " ") })),
    row("experiment", one.id, other.id),
  ];
}

function clock({ clock: told }) {
  if (!told) return null;
  return told.why_real ? `${told.kind} (${told.why_real})` : text(told.kind);
}

// The nth delay of a task beside the nth of the same task.
function retries(one, other) {
  const [here, there] = [byTask(one), byTask(other)];
  return [...here.keys(), ...[...there.keys()].filter((key) => !here.has(key))].map((key) => {
    const [mine, yours] = [here.get(key), there.get(key)];
    return { name: key, one: delay(mine), other: delay(yours), differs: mine?.asked_us !== yours?.asked_us };
  });
}

function byTask(retries) {
  const seen = new Map();
  return new Map(retries.map((retry) => {
    const nth = (seen.get(retry.task) ?? 0) + 1;
    seen.set(retry.task, nth);
    return [`${retry.task}, ${nth}`, retry];
  }));
}

function delay(retry) {
  if (!retry) return null;
  const { asked_us: asked, observed_us: observed } = retry;
  return observed === null || observed === undefined ? duration(asked) : `${duration(asked)} (${error(observed - asked)})`;
}

function pairs(one, other) {
  const names = [...Object.keys(one ?? {}), ...Object.keys(other ?? {}).filter((name) => !(name in (one ?? {})))];
  return names.map((name) => row(name, text(one?.[name]), text(other?.[name])));
}

function time(name, one, other) {
  const known = one !== null && one !== undefined && other !== null && other !== undefined;
  const differs = known ? Math.abs(one - other) > NOTABLE * Math.max(one, other) : one !== other;
  return { name, one: duration(one), other: duration(other), differs };
}

function row(name, one, other) {
  return { name, one: one ?? null, other: other ?? null, differs: (one ?? null) !== (other ?? null) };
}

function said(isIt) {
  return isIt === null || isIt === undefined ? null : isIt ? "yes" : "no";
}

function text(value) {
  if (value === null || value === undefined) return null;
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
