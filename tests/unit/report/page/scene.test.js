import assert from "node:assert/strict";
import { test } from "node:test";

import { decoded } from "../page/data.js";
import { lanes } from "../page/lanes.js";
import { pick } from "../page/pick.js";
import { Scale } from "../page/scale.js";
import { RULER, Scene } from "../page/scene.js";
import { View } from "../page/view.js";
import { walk } from "../page/walk.js";
import { attempt, task, told } from "./told.js";

const ALL = { range: null, task: null, attempt: null, event: null, law: null };
const MS = 1_000;

// Two tasks on one process, the first retried; a chord of both; a fault. 1 s of time on 1000 pixels, no folds.
const REPORT = told({
  tasks: [task("pay", [0, 2]), task("ship", [1])],
  attempts: [
    attempt(0, 100 * MS, 200 * MS, { ending: "retried", events: [1] }), attempt(1, 300 * MS, 400 * MS), attempt(0, 700 * MS, 800 * MS, { retries: 1 }),
  ],
  retries: [{ task: 0, from: 0, to: 2, asked_at: 200 * MS, asked_us: 500 * MS, low_us: 500 * MS, high_us: 500 * MS, observed_us: 500 * MS, error_us: 0, formula: null }],
  messages: [{ task: 0, by: "experiment", from: null, sent: 50 * MS, delivered: 60 * MS, to: 0, retries: 0, events: [0] }],
  chords: [{ group: "g", body: null, members: [0, 1], size: 2, counts: [{ at: 400 * MS, task: 1, event: 2 }], claim_event: null, triggered: null }],
  faults: [{ name: "kill", from: 900 * MS, to: null, what: "a worker is killed", events: [] }],
  events: { kinds: ["Seen"], fields: [[]], sources: ["sender-1"], texts: [""], rows: [[0, 0, 50 * MS, 0, 0, 0], [0, 0, 50 * MS, 0, 0, 0], [0, 0, 300 * MS, 0, 1, 0]] },
});

function scene(data = REPORT, by = "worker", width = 1000) {
  const report = decoded(data);
  const made = new Scene(report, new View(new Scale([0, 1_000_000]), width), lanes(report, by));
  return Object.assign(made, { gutter: 100, width: 100 + width, height: 1000, selection: ALL });
}

const middle = ({ x, y, width, height }) => [x + width / 2, y + height / 2];

test("what is under the pointer is what was painted there", () => {
  const it = scene();
  for (const i of [0, 1, 2]) assert.deepEqual(pick(it, ...middle(it.box(i))), { kind: "attempt", index: i });
  const [, y] = middle(it.box(2));
  assert.deepEqual(pick(it, it.x(600 * MS), y), { kind: "retry", index: 0 });
  assert.deepEqual(pick(it, it.x(900 * MS), y), { kind: "fault", index: 0 });
  const chord = it.layout.rows.find(({ kind }) => kind === "chord");
  assert.deepEqual(pick(it, it.x(500 * MS), it.y(chord.y + 5)), { kind: "chord", index: 0 });
  assert.equal(pick(it, it.x(960 * MS), y), null);
  assert.equal(pick(it, 50, y), null);
});

test("a bar too narrow to hit is hit from nearby, and the nearest of two wins", () => {
  const it = scene(told({ tasks: [task("a", [0, 1])], attempts: [attempt(0, 500 * MS, 500 * MS), attempt(0, 506 * MS, 506 * MS)] }));
  const [, y] = middle(it.box(0));
  assert.deepEqual(pick(it, it.box(0).x - 4, y), { kind: "attempt", index: 0 });
  assert.deepEqual(pick(it, it.box(1).x + 1, y), { kind: "attempt", index: 1 });
  assert.equal(pick(it, it.box(0).x - 9, y), null);
});

test("in a fold there is the fold", () => {
  const it = scene();
  it.view.use(new Scale([0, 1_000_000], [[410 * MS, 690 * MS]]));
  assert.deepEqual(pick(it, it.x(500 * MS), RULER / 2), { kind: "fold", index: 0 });
  assert.equal(pick(it, it.x(405 * MS), RULER / 2), null);
});

test("an event is pointed at where its attempt lies, or on the row that it belongs to", () => {
  const it = scene();
  const box = it.box(0);
  assert.deepEqual(it.spot(1), { x: it.x(100 * MS), y: box.y + box.height / 2, row: it.layout.placeOf[0].row });
  assert.equal(it.spot(0).row.kind, "sender");
  assert.equal(it.spot(2).row.kind, "chord");
  assert.ok(Math.abs(it.spot(2).x - it.x(400 * MS)) < 1e-9);
});

test("on the lanes of tasks an event of no attempt lies on its task's row", () => {
  const it = scene({ ...REPORT, chords: [], messages: [] }, "task");
  assert.equal(it.spot(0).row.label, "pay");
});

test("of many bars on one pixel one is painted, and it is the gravest", () => {
  for (let failed = 430; failed < 450; failed += 1) {
    const many = Array.from({ length: 1000 }, (_, i) => attempt(0, i * 1000, i * 1000 + 900, { ending: i === failed ? "failed" : "succeeded" }));
    const it = scene(told({ tasks: [task("a", many.map((_, i) => i))], attempts: many }), "worker", 50);
    const seen = it.visible(it.layout.rows.find(({ kind }) => kind === "process"));
    assert.ok(seen.length < 60, String(seen.length));
    assert.ok(seen.includes(failed), String(failed));
  }
});

test("the bar that the pointer is in wins over one that begins just beside it", () => {
  const it = scene(told({ tasks: [task("a", [0, 1])], attempts: [attempt(0, 500 * MS, 520 * MS), attempt(0, 523 * MS, 540 * MS)] }));
  assert.deepEqual(pick(it, it.x(519 * MS), middle(it.box(0))[1]), { kind: "attempt", index: 0 });
});

test("what is out of sight is not painted, and what reaches into sight is", () => {
  const it = scene();
  it.view.show([350 * MS, 380 * MS]);
  const row = it.layout.rows.find(({ kind }) => kind === "process");
  assert.deepEqual(it.visible(row), [1]);
});

test("the keyboard goes from attempt to attempt in time, and ends at the ends", () => {
  const it = scene();
  assert.equal(walk(it, null, "next"), 0);
  assert.equal(walk(it, 0, "next"), 1);
  assert.equal(walk(it, 2, "next"), 2);
  assert.equal(walk(it, 0, "previous"), 0);
  assert.equal(walk(it, 1, "last"), 2);
  assert.equal(walk(it, null, "previous"), 2);
});

test("it goes only to what is within the selection", () => {
  const it = scene();
  it.selection = { ...ALL, task: 0 };
  assert.equal(walk(it, 0, "next"), 2);
  it.selection = { ...ALL, range: [0, 250 * MS] };
  assert.equal(walk(it, 0, "next"), 0);
  it.selection = { ...ALL, range: [900 * MS, 950 * MS] };
  assert.equal(walk(it, null, "next"), null);
});

test("up and down lead to the nearest in time on another row", () => {
  const it = scene(REPORT, "task");
  assert.equal(walk(it, 2, "below"), 1);
  assert.equal(walk(it, 1, "above"), 0);
  assert.equal(walk(it, 1, "below"), 1);
});
