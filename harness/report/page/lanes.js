// Who lies where on the timeline. Owns: rows (one per worker process, or one per task; the sender above, chords below),
// and levels within a row, so that no two attempts of a row lie on each other. Refuses: pixels across, and the DOM.

import { lastAtMost } from "./scale.js";

const WIDE_ROW = { level: 34, bar: 22, around: 12 };
const ROW = { level: 26, bar: 18, around: 8 };
const TIGHT_ROW = { level: 20, bar: 14, around: 4 };
const FEW_ROWS = 8;
const MANY_ROWS = 40;
const SENDER_HEIGHT = 34;
const CHORD_HEIGHT = 58;
const TIGHT_CHORD_HEIGHT = 44;

export const LANES = ["worker", "task"];

// { rows, height, placeOf[attempt] = { row, y, height }, rowOfTask, rowOfProcess, senderRow }
// A row: { kind: "sender" | "process" | "task" | "chord", index, label, note, y, height, levels: [[attempt...]...] }
export function lanes(report, by) {
  const rows = [
    ...(report.messages.some(({ by: sender }) => sender === "experiment") ? [row("sender", 0, "experiment", "sends")] : []),
    ...(by === "worker" ? processRows(report) : taskRows(report)),
    ...report.chords.map((chord, i) => row("chord", i, `chord${report.chords.length > 1 ? ` ${i + 1}` : ""}`, chordNote(report, chord))),
  ];
  const measure = rows.length > MANY_ROWS ? TIGHT_ROW : rows.length > FEW_ROWS ? ROW : WIDE_ROW;
  let y = 0;
  for (const one of rows) {
    one.y = y;
    one.height = heightOf(one, measure);
    y += one.height;
  }
  return { by, rows, height: y, tops: rows.map((one) => one.y), ...places(report, rows, measure) };
}

// The row at a height, or null.
export function rowAt({ rows, tops, height }, y) {
  return y < 0 || y >= height ? null : rows[lastAtMost(tops, y)];
}

function row(kind, index, label, note, attempts = []) {
  return { kind, index, label, note, levels: attempts };
}

function processRows(report) {
  const held = new Map();
  report.attempts.forEach(({ process }, i) => {
    if (!held.has(process)) held.set(process, []);
    held.get(process).push(i);
  });
  const order = [...held.keys()].sort((one, other) => {
    const [a, b] = [report.processes[one], report.processes[other]];
    return a.process.localeCompare(b.process, "en", { numeric: true }) || a.pid - b.pid;
  });
  return order.map((i) => {
    const { process, pid, role } = report.processes[i];
    return row("process", i, process, role === "pool" ? `pool ${pid}` : `process ${pid}`, levels(report, held.get(i)));
  });
}

function taskRows(report) {
  const began = report.tasks.map((_, i) => report.lifeOf(i));
  const order = report.tasks.map((_, i) => i).filter((i) => began[i] !== null);
  order.sort((one, other) => began[one][0] - began[other][0] || one - other);
  return order.map((i) => {
    const { attempts, final } = report.tasks[i];
    const tries = attempts.length > 1 ? `, ${attempts.length} attempts` : "";
    return row("task", i, report.label(i), `${final}${tries}`, levels(report, attempts));
  });
}

function chordNote(report, { members, size, body }) {
  return `${size ?? members.length} \u2192 ${body === null ? "?" : report.label(body)}`;
}

// Each attempt on the first level that is free when it starts. Of levels, the attempts are in order of time.
export function levels(report, attempts) {
  const found = [];
  const free = [];
  for (const i of [...attempts].sort((one, other) => report.attempts[one].start - report.attempts[other].start || one - other)) {
    const { start } = report.attempts[i];
    let level = free.findIndex((until) => until <= start);
    if (level < 0) level = found.push([]) - 1;
    found[level].push(i);
    free[level] = report.endOf(i);
  }
  return found;
}

function heightOf({ kind, levels: { length } }, measure) {
  if (kind === "sender") return SENDER_HEIGHT;
  if (kind === "chord") return measure === TIGHT_ROW ? TIGHT_CHORD_HEIGHT : CHORD_HEIGHT;
  return Math.max(length, 1) * measure.level + measure.around;
}

function places(report, rows, { level, bar, around }) {
  const placeOf = new Array(report.attempts.length).fill(null);
  const rowOfTask = new Map();
  const rowOfProcess = new Map();
  for (const one of rows) {
    if (one.kind === "task") rowOfTask.set(one.index, one);
    if (one.kind === "process") rowOfProcess.set(one.index, one);
    one.levels.forEach((attempts, n) => {
      const y = one.y + around / 2 + n * level + (level - bar) / 2;
      for (const i of attempts) placeOf[i] = { row: one, y, height: bar };
    });
  }
  return { placeOf, rowOfTask, rowOfProcess, senderRow: rows.find(({ kind }) => kind === "sender") ?? null };
}
