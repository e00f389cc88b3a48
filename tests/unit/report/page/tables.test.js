// What the tables of a report compute before they show anything. Run by test_page_logic.py.

import assert from "node:assert/strict";
import { test } from "node:test";

import { compared } from "../page/comparing.js";
import { binned, bounds } from "../page/distribution.js";
import { conclusion, decades } from "../page/races.js";
import { depths, movesChord, stateAt, thinned } from "../page/redis-state.js";
import { draws } from "../page/retries.js";
import { median } from "../page/sparks.js";
import { ordered } from "../page/table.js";

test("figures fall into the bin that they are in, the last edge included", () => {
  assert.deepEqual(binned([0, 0.05, 0.1, 0.99, 1, 1.2, -0.1], 0, 1, 10), [3, 1, 0, 0, 0, 0, 0, 0, 0, 3]);
});

test("of an even draw a bin holds its share, give or take what 95 of 100 cases do", () => {
  const { expected, low, high } = bounds(100, 0.1);
  assert.deepEqual([expected, low.toFixed(2), high.toFixed(2)], [10, "4.12", "15.88"]);
  assert.equal(bounds(3, 0.1).low, 0);
});

test("only delays that had a range to be drawn from are draws, and each is seen within its own", () => {
  const one = (low_us, high_us, asked_us, is_jittered = true) => ({ low_us, high_us, asked_us, is_jittered });
  assert.deepEqual(draws([one(0, 4, 1), one(10, 20, 20), one(5, 5, 5), one(0, 8, 8, false)]), [0.25, 1]);
});

test("distances are binned by their size, and none at all is one microsecond", () => {
  const { counts, edges } = decades([0, 1, 9, 10, 200, null]);
  assert.deepEqual(counts, [2, 1, 1, 0, 1]);
  assert.equal(edges.length, counts.length + 1);
  assert.deepEqual([edges[0], edges[2]], [1, 10]);
});

test("a bound is claimed of races only, and only if everything came as expected", () => {
  const of = (is_as_expected) => ({ run: { is_as_expected }, own: {} });
  assert.match(conclusion(of(true), 300), /at most 1\.00 %/);
  assert.match(conclusion(of(true), 0), /no bound/);
  assert.match(conclusion(of(false), 300), /nothing is said/);
  assert.match(conclusion(of(null), 300), /nothing is said/);
});

test("rows are ordered by their keys, and what has none comes last either way", () => {
  const rows = [{ at: 2 }, { at: null }, { at: 10 }, { at: 1 }];
  const sorted = (isDown) => ordered(rows, ({ at }) => at, isDown).map(({ at }) => at);
  assert.deepEqual(sorted(false), [1, 2, 10, null]);
  assert.deepEqual(sorted(true), [10, 2, 1, null]);
  assert.deepEqual(ordered([{ n: "b" }, { n: "a" }], ({ n }) => n, false).map(({ n }) => n), ["a", "b"]);
});

test("the median of an even number is between the two in the middle", () => {
  assert.deepEqual([median([]), median([3]), median([1, 9, 2]), median([4, 1, 3, 2])], [null, 3, 2, 2.5]);
});

// ---- Redis ---------------------------------------------------------------------------------------------------------

const ROWS = [
  [10, "queued", 0, 0, "celery", 1],
  [20, "queued", 0, 1, "celery", 2],
  [30, "taken", 1, 0, "unacked", 3],
  [40, "acked", 1, 0, "unacked", 4],
  [50, "result", 2, 0, "SUCCESS", 5],
  [60, "counted", 2, 0, "group", 6],
  [70, "claimed", 2, -1, "group", 7],
];

test("a message is in its queue until it is taken, then handed over until it is acknowledged", () => {
  assert.deepEqual(stateAt(ROWS, 1).queues.get("celery"), [0, 1]);
  const taken = stateAt(ROWS, 2);
  assert.deepEqual([taken.queues.get("celery"), [...taken.unacked]], [[1], [[0, 1]]]);
  assert.equal(stateAt(ROWS, 3).unacked.size, 0);
});

test("results and counts are there from their command on, and the body's claim", () => {
  assert.equal(stateAt(ROWS, 3).results.size, 0);
  assert.equal(stateAt(ROWS, 4).results.get(0)[4], "SUCCESS");
  assert.deepEqual(stateAt(ROWS, 5).chords.get("group"), { counted: [0], claimed: null });
  assert.deepEqual(stateAt(ROWS, 6).chords.get("group"), { counted: [0], claimed: 2 });
});

test("a message that is handed over twice is held until both are acknowledged", () => {
  const rows = [[1, "taken", 0, 7, "unacked", 0], [2, "taken", 0, 7, "unacked", 1], [3, "acked", 0, 7, "unacked", 2]];
  assert.deepEqual([...stateAt(rows, 2).unacked], [[7, 1]]);
});

test("what is kept on the way changes no answer", () => {
  const rows = Array.from({ length: 3500 }, (_, i) => [i, i % 2 ? "taken" : "queued", 0, Math.floor(i / 2), i % 2 ? "unacked" : "celery", i]);
  const kept = new Map();
  for (const place of [3499, 2500, 999, 1000, 3000, 0]) {
    const [with_, without] = [stateAt(rows, place, kept), stateAt(rows, place)];
    assert.deepEqual([...with_.unacked.keys()], [...without.unacked.keys()]);
    assert.deepEqual(with_.queues.get("celery"), without.queues.get("celery"));
  }
  assert.deepEqual([...kept.keys()], [999, 1999, 2999]);
  assert.equal(stateAt(rows, 1000, new Map([[999, { ...stateAt(rows, 0), queues: new Map() }]])).unacked.size, 0);
});

test("depths count what waits and what is handed over after each command", () => {
  assert.deepEqual(depths(ROWS).map(([, waiting, held]) => [waiting, held]), [[1, 0], [2, 0], [1, 1], [1, 0], [1, 0], [1, 0], [1, 0]]);
});

test("of what falls into one column of a picture the most is seen, and what was left", () => {
  const columns = thinned([[10, 1, 0], [12, 3, 1], [14, 0, 2], [25, 1, 1]], (us) => Math.floor(us / 10));
  assert.deepEqual(columns, [{ x: 1, most: [3, 2], end: [0, 2] }, { x: 2, most: [1, 1], end: [1, 1] }]);
});

test("a chord is moved along by its members' results and counts, by the claim, and by its body's message", () => {
  const report = { tasks: [{ is_body: false }, { is_body: true }], members: new Set([0]) };
  assert.deepEqual(ROWS.map((row) => movesChord(report, row)), [false, true, false, false, true, true, true]);
});

// ---- two runs ------------------------------------------------------------------------------------------------------

const RUN = {
  id: "a", outcome_text: "success", is_as_expected: true, ending: "settled", virtual_us: 6e6, wall_us: 200_000, attempts_n: 3, events: 100, discrepancies: [],
  clock: { kind: "virtual", why_real: null }, conditions: { clock: "virtual", workers: 1 }, provenance: { celery: "5.7.0" }, attempts: { A: 3 },
  retries: [{ task: "A", asked_us: 2e6, observed_us: 2_003_000 }], states: { A: "SUCCESS" }, laws: { "chord.body_once": "holds" },
};

const differing = (one, other) => compared(one, other).flatMap(({ rows }) => rows).filter(({ differs }) => differs).map(({ name }) => name);

test("two runs alike do not differ, and a tenth of a duration is a machine's pace", () => {
  assert.deepEqual(differing(RUN, RUN), []);
  assert.deepEqual(differing(RUN, { ...RUN, wall_us: 219_000 }), []);
  assert.deepEqual(differing(RUN, { ...RUN, wall_us: 230_000 }), ["wall time"]);
});

test("when and by which command a run was made is no difference", () => {
  const of = (made) => ({ ...RUN, provenance: { celery: "5.7.0", made, command: `harness run ${made}` } });
  assert.deepEqual(differing(of("2026-01-01"), of("2026-01-02")), []);
});

test("versions, clock, testbed, attempts, delays and laws are set beside each other", () => {
  const other = {
    ...RUN, clock: { kind: "real", why_real: "no compiler" }, conditions: { clock: "real", workers: 2 }, provenance: { celery: "5.4.0", kombu: "5.4" }, attempts: { A: 2 },
    retries: [{ task: "A", asked_us: 4e6, observed_us: null }], laws: { "chord.body_once": "violated" },
  };
  assert.deepEqual(differing(RUN, other), ["clock", "workers", "celery", "kombu", "A", "A, 1", "chord.body_once"]);
});

test("what only one of them has is shown, and differs", () => {
  const rows = compared(RUN, { ...RUN, retries: [], states: null }).flatMap(({ rows: some }) => some);
  assert.deepEqual(rows.filter(({ differs }) => differs).map(({ name, one, other }) => [name, one !== null, other]), [["A, 1", true, null], ["A", true, null]]);
  assert.deepEqual(differing({ ...RUN, retries: [] }, RUN), ["A, 1"]);
});
