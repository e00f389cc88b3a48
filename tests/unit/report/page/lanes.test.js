import assert from "node:assert/strict";
import { test } from "node:test";

import { decoded } from "../page/data.js";
import { lanes, levels, rowAt } from "../page/lanes.js";
import { attempt, task, told } from "./told.js";

const TWO_WORKERS = {
  processes: [
    { source: "worker-2-7", process: "worker-2", role: "pool", pid: 7, died_us: null },
    { source: "worker-10-3", process: "worker-10", role: "pool", pid: 3, died_us: null },
    { source: "sender-2", process: "sender", role: "sender", pid: 2, died_us: null },
  ],
  tasks: [task("late", [0]), task("early", [1, 2]), task("never")],
  attempts: [attempt(0, 50, 60, { process: 1 }), attempt(1, 10, 20, { process: 1 }), attempt(1, 30, 40, { process: 0 })],
  messages: [{ task: 1, by: "experiment", from: null, sent: 5, delivered: 7, to: 1, retries: 0 }],
  chords: [{ group: "g", body: 0, members: [1], size: 1, counts: [], triggered: null }],
};

test("processes that ran something have rows, in the order of their names' numbers; the sender above, chords below", () => {
  const { rows } = lanes(decoded(told(TWO_WORKERS)), "worker");
  assert.deepEqual(rows.map(({ kind, label }) => `${kind} ${label}`), ["sender experiment", "process worker-2", "process worker-10", "chord chord"]);
});

test("tasks have rows in the order in which they were first heard of; what was never sent has none", () => {
  const { rows } = lanes(decoded(told(TWO_WORKERS)), "task");
  assert.deepEqual(rows.filter(({ kind }) => kind === "task").map(({ label }) => label), ["early", "late"]);
});

test("every attempt has a place within its row", () => {
  const report = decoded(told(TWO_WORKERS));
  for (const by of ["worker", "task"]) {
    const layout = lanes(report, by);
    for (const { row, y, height } of layout.placeOf) assert.ok(y >= row.y && y + height <= row.y + row.height);
  }
});

test("attempts that overlap lie on levels of their own, and a level is used again when it is free", () => {
  const report = decoded(told({ tasks: [task("a", [0, 1, 2])], attempts: [attempt(0, 0, 10), attempt(0, 5, 15), attempt(0, 10, 20)] }));
  assert.deepEqual(levels(report, [0, 1, 2]), [[0, 2], [1]]);
});

test("an attempt that never ended takes its level until its process dies", () => {
  const processes = [{ source: "worker-1-1", process: "worker-1", role: "pool", pid: 1, died_us: 12 }];
  const report = decoded(told({ processes, tasks: [task("a", [0, 1])], attempts: [attempt(0, 0, null, { closed: null }), attempt(0, 5, 6)] }));
  assert.deepEqual(levels(report, [0, 1]), [[0], [1]]);
  assert.equal(report.endOf(0), 12);
});

test("a row is found by its height, and none outside of all", () => {
  const layout = lanes(decoded(told(TWO_WORKERS)), "worker");
  for (const row of layout.rows) assert.equal(rowAt(layout, row.y + row.height - 0.5), row);
  assert.equal(rowAt(layout, -1), null);
  assert.equal(rowAt(layout, layout.height), null);
});
