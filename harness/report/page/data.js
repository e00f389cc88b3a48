// The report's data, decoded. Owns: the lookups that sections share. Refuses: the DOM (but for `load`, which reads the
// page's own data). The format is documented in harness/report/format.py; indexes refer to arrays of the same file.

import { shortName } from "./format.js";

export const FORMAT = 1;

export function load() {
  return decoded(JSON.parse(document.getElementById("data").textContent));
}

export function decoded(data) {
  if (data.format !== FORMAT) {
    throw new Error(`expected a report of format ${FORMAT}, found ${data.format}: render it anew with "harness report"`);
  }
  const unpacked = Object.fromEntries(Object.entries(data).map(([name, value]) => [name, unpack(value)]));
  for (const name of ["chords", "laws", "diagnosis"]) unpacked[name] = unpackWithin(unpacked[name]);
  unpacked.redis = { rows: unpack(data.redis?.rows ?? []) };
  return new Report(unpacked);
}

// Lists of objects of one kind may come as columns and rows. Only where the format has such lists: a value out of a run
// that happens to look like one stays what it is. Texts that many rows repeat may stand beside them, by their columns.
function unpack(list) {
  if (!list?.$rows) return list;
  for (const [column, texts] of Object.entries(list.$texts ?? {})) {
    for (const row of list.$rows) if (row[column] !== null) row[column] = texts[row[column]];
  }
  if (!list.$columns) return list.$rows;
  return list.$rows.map((row) => Object.fromEntries(list.$columns.map((column, i) => [column, row[i]])));
}

function unpackWithin(part) {
  if (Array.isArray(part)) return part.map(unpackWithin);
  if (part === null || typeof part !== "object") return part;
  if (part.$columns) return unpackWithin(unpack(part));
  return Object.fromEntries(Object.entries(part).map(([name, value]) => [name, unpackWithin(value)]));
}

class Report {
  constructor(data) {
    Object.assign(this, data);
    this.events = new Events(data.events, data.values);
    this.attemptOfEvent = new Int32Array(this.events.length).fill(-1);
    this.attempts.forEach((attempt, i) => attempt.events.forEach((event) => (this.attemptOfEvent[event] = i)));
    // Which start of its task's code an attempt is: 1 is the first. A task that is delivered anew starts anew, with as
    // many retries as before.
    this.nth = new Int32Array(this.attempts.length);
    for (const { attempts } of this.tasks) attempts.forEach((attempt, i) => (this.nth[attempt] = i + 1));
    this.messageOfEvent = new Int32Array(this.events.length).fill(-1);
    this.messages.forEach((message, i) => (message.events ?? []).forEach((event) => (this.messageOfEvent[event] = i)));
    this.messagesOf = grouped(this.messages, "task", this.tasks.length);
    this.retriesOf = grouped(this.retries, "task", this.tasks.length);
    this.retryAfter = inverted(this.retries, "from", this.attempts.length);
    this.retryBefore = inverted(this.retries, "to", this.attempts.length);
    this.labels = labels(this.tasks);
    [this.begin, this.end] = data.run.span_us;
  }

  // A name that tells this task from others of the same name: "fetch", "fetch #2".
  label(task) {
    return task === null || task < 0 ? "" : this.labels[task];
  }

  // Arguments, return values and exceptions are kept once and referred to by index.
  value(index) {
    return valueAt(this.values, index);
  }

  // When an attempt's bar ends: where its code ended; of one that never did, where its process died or the run ended.
  endOf(attempt) {
    const { end, closed, process } = this.attempts[attempt];
    return end ?? closed ?? this.processes[process]?.died_us ?? this.end;
  }

  // First and last moment at which anything of a task happened, or null of one that was never sent.
  lifeOf(task) {
    const moments = [
      ...this.messagesOf[task].flatMap((i) => [this.messages[i].sent, this.messages[i].delivered]),
      ...this.tasks[task].attempts.flatMap((i) => [this.attempts[i].start, this.endOf(i)]),
    ].filter((us) => us !== null);
    return moments.length ? [Math.min(...moments), Math.max(...moments)] : null;
  }

  // The events that a selected law's evidence rests on: the smallest offending set, in order.
  eventsOfLaw(chosen) {
    return chosen === null ? [] : (this.laws[chosen.law]?.evidence[chosen.evidence ?? 0]?.events ?? []);
  }
}

// The history, kept in columns: a hundred thousand events are filtered without making an object of each. What an event
// says and carries is looked up when it is asked for; times are stored as differences to the event before.
class Events {
  constructor({ kinds, fields, sources, texts, rows }, values) {
    Object.assign(this, { kinds, fields, sources, texts, rows, values, length: rows.length });
    this.kind = Uint8Array.from(rows, (row) => row[0]);
    this.source = Int32Array.from(rows, (row) => row[1]);
    this.us = summed(rows, 2);
    this.wall = summed(rows, 3);
    this.task = Int32Array.from(rows, (row) => row[4]);
  }

  says(index) {
    return this.texts[this.rows[index][5]];
  }

  at(index) {
    const row = this.rows[index];
    const names = this.fields[row[0]] ?? [];
    const fields = Object.fromEntries(names.map((name, i) => [name, valueAt(this.values, row[6 + i])]));
    return {
      index, fields, kind: this.kinds[row[0]], source: this.sources[row[1]], process: row[1],
      us: this.us[index], wall: this.wall[index], task: row[4], says: this.says(index),
    };
  }
}

function valueAt(values, index) {
  return index === null || index === undefined || index < 0 ? null : values[index];
}

function summed(rows, column) {
  let sum = 0;
  return Float64Array.from(rows, (row) => (sum += row[column]));
}

function grouped(items, key, length) {
  const groups = Array.from({ length }, () => []);
  items.forEach((item, i) => item[key] !== null && groups[item[key]]?.push(i));
  return groups;
}

function inverted(items, key, length) {
  const found = new Int32Array(length).fill(-1);
  items.forEach((item, i) => item[key] !== null && (found[item[key]] = i));
  return found;
}

function labels(tasks) {
  const total = new Map();
  for (const { name } of tasks) total.set(shortName(name), (total.get(shortName(name)) ?? 0) + 1);
  const seen = new Map();
  return tasks.map(({ name }) => {
    const short = shortName(name);
    const nth = (seen.get(short) ?? 0) + 1;
    seen.set(short, nth);
    return total.get(short) > 1 ? `${short} #${nth}` : short;
  });
}
