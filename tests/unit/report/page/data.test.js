import assert from "node:assert/strict";
import { test } from "node:test";

import { decoded } from "../page/data.js";
import { attemptIsWithin, eventIsWithin, retryIsWithin, taskIsWithin } from "../page/within.js";
import { attempt, task, told } from "./told.js";

const ALL = { range: null, task: null, attempt: null, event: null, law: null };

test("a report of another format is refused with what to do", () => {
  assert.throws(() => decoded(told({ format: 2 })), /expected a report of format 1, found 2.*harness report/);
});

test("lists that came as columns and rows are lists of objects", () => {
  const tasks = { $columns: ["name", "attempts", "final"], $rows: [["a.b", [], "never ran"]] };
  const chords = [{ counts: { $columns: ["at", "task", "event"], $rows: [[7, 0, 3]] }, members: [], body: null }];
  const steps = { $columns: ["event", "says"], $rows: [[null, "first"], [4, "then"]] };
  const laws = [{ evidence: { $columns: ["claim", "steps"], $rows: [["one", steps], ["two", []]] } }];
  const report = decoded(told({ tasks, chords, laws }));
  assert.deepEqual(report.laws[0].evidence, [{ claim: "one", steps: [{ event: null, says: "first" }, { event: 4, says: "then" }] }, { claim: "two", steps: [] }]);
  assert.deepEqual(report.tasks, [{ name: "a.b", attempts: [], final: "never ran" }]);
  assert.deepEqual(report.chords[0].counts, [{ at: 7, task: 0, event: 3 }]);
});

test("texts that rows repeat are looked up, and what is none stays none", () => {
  const tasks = { $columns: ["name", "attempts", "group"], $rows: [[0, [], null], [1, [], 0], [0, [], 0]], $texts: { 0: ["a", "b"], 2: ["g"] } };
  const redis = { rows: { $rows: [[5, 0, 1], [6, 0, 2]], $texts: { 1: ["queued"] } } };
  const report = decoded(told({ tasks, redis }));
  assert.deepEqual(report.tasks.map(({ name, group }) => [name, group]), [["a", null], ["b", "g"], ["a", "g"]]);
  assert.deepEqual(report.redis.rows, [[5, "queued", 1], [6, "queued", 2]]);
});

test("a value out of a run that looks like such a list stays what it is", () => {
  const values = [{ $columns: ["a"], $rows: [[1]] }];
  assert.deepEqual(decoded(told({ values })).value(0), { $columns: ["a"], $rows: [[1]] });
});

test("events' times are sums, and their fields are looked up by the names that their kind has", () => {
  const events = {
    kinds: ["Sent", "Acked"], fields: [["queue", "args"], []], sources: ["sender-1", "recorder-2"], texts: ["sent", "acknowledged"],
    rows: [[0, 0, 100, 90, 0, 0, 1, -1], [1, 1, 50, -10, -1, 1]],
  };
  const report = decoded(told({ tasks: [task("a")], events, values: ["x", "celery"] }));
  assert.deepEqual([...report.events.us], [100, 150]);
  assert.deepEqual([...report.events.wall], [90, 80]);
  assert.deepEqual(report.events.at(0), { index: 0, fields: { queue: "celery", args: null }, kind: "Sent", source: "sender-1", process: 0, us: 100, wall: 90, task: 0, says: "sent" });
  assert.equal(report.events.at(1).says, "acknowledged");
});

test("tasks of one name are told apart, and others keep theirs", () => {
  const report = decoded(told({ tasks: [task("pay"), task("ship"), task("pay")] }));
  assert.deepEqual(report.labels, ["pay #1", "ship", "pay #2"]);
});

const REPORT = () => decoded(told({
  tasks: [task("a", [0, 1]), task("b", [2]), task("c")],
  attempts: [attempt(0, 100, 200, { events: [0] }), attempt(0, 700, 800), attempt(1, 300, 400)],
  messages: [{ task: 0, by: "experiment", from: null, sent: 50, delivered: 60, to: 0, retries: 0 }],
  retries: [{ task: 0, from: 0, to: 1, asked_at: 190, observed_us: 510, high_us: 500 }],
  events: { kinds: ["Seen"], fields: [[]], sources: ["s"], texts: [""], rows: [[0, 0, 150, 0, 0, 0], [0, 0, 300, 0, 1, 0]] },
}));

test("a range leaves what touches it", () => {
  const report = REPORT();
  const within = { ...ALL, range: [150, 350] };
  assert.deepEqual([0, 1, 2].map((i) => attemptIsWithin(report, i, within)), [true, false, true]);
  assert.deepEqual([0, 1].map((i) => eventIsWithin(report, i, within)), [true, false]);
  assert.equal(retryIsWithin(report, 0, { ...ALL, range: [600, 650] }), true);
  assert.equal(retryIsWithin(report, 0, { ...ALL, range: [0, 100] }), false);
});

test("a followed task leaves what is its own", () => {
  const report = REPORT();
  const within = { ...ALL, task: 1 };
  assert.deepEqual([0, 1, 2].map((i) => attemptIsWithin(report, i, within)), [false, false, true]);
  assert.deepEqual([0, 1].map((i) => eventIsWithin(report, i, within)), [false, true]);
  assert.deepEqual([0, 1, 2].map((i) => taskIsWithin(report, i, within)), [false, true, false]);
});

test("a task of which nothing was heard is within no range", () => {
  const report = REPORT();
  assert.deepEqual(report.lifeOf(0), [50, 800]);
  assert.equal(report.lifeOf(2), null);
  assert.equal(taskIsWithin(report, 2, { ...ALL, range: [0, 1000] }), false);
  assert.equal(taskIsWithin(report, 2, ALL), true);
});

test("lookups lead both ways between events, attempts and retries", () => {
  const report = REPORT();
  assert.deepEqual([...report.attemptOfEvent], [0, -1]);
  assert.deepEqual([...report.retryAfter], [0, -1, -1]);
  assert.deepEqual([...report.retryBefore], [-1, 0, -1]);
});

test("a task that was delivered anew has a second attempt, though it was never retried", () => {
  const report = decoded(told({ tasks: [task("a", [0, 1])], attempts: [attempt(0, 1, 2, { ending: "lost" }), attempt(0, 9, 10)] }));
  assert.deepEqual([...report.nth], [1, 2]);
});
