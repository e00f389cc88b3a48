import assert from "node:assert/strict";
import { test } from "node:test";

import { foldsAmong, idleStretches, lastAtMost, niceStep, Scale } from "../page/scale.js";

const S = 1_000_000;

test("idle is what no span touches, whatever the order of spans", () => {
  assert.deepEqual(idleStretches([[5, 6], [1, 3], [2, 4]], [0, 10]), [[0, 1], [4, 5], [6, 10]]);
  assert.deepEqual(idleStretches([], [0, 10]), [[0, 10]]);
  assert.deepEqual(idleStretches([[0, 10]], [0, 10]), []);
});

test("a span that contains others does not end with the last of them", () => {
  assert.deepEqual(idleStretches([[0, 8], [1, 2]], [0, 10]), [[8, 10]]);
});

test("what is idle before the beginning or after the end is not looked at", () => {
  assert.deepEqual(idleStretches([[-5, -1], [3, 4], [12, 15]], [0, 10]), [[0, 3], [4, 10]]);
});

test("waits of 2, 4 and 8 s between attempts of 10 ms are all folded", () => {
  const waits = [[10_000, 2.01 * S], [2.02 * S, 6.02 * S], [6.03 * S, 14.03 * S]];
  const folds = foldsAmong(waits, [0, 14.04 * S]);
  assert.equal(folds.length, 3);
  folds.forEach(([from, to], i) => assert.ok(from > waits[i][0] && to < waits[i][1] && to - from > 0.95 * (waits[i][1] - waits[i][0])));
});

test("a wait that takes a fifth of the run is folded, one that takes a twentieth is not", () => {
  assert.equal(foldsAmong([[4 * S, 6 * S]], [0, 10 * S]).length, 1);
  assert.equal(foldsAmong([[4 * S, 4.5 * S]], [0, 10 * S]).length, 0);
});

test("nothing is folded where pauses are alike and many", () => {
  const pauses = Array.from({ length: 50 }, (_, i) => [i * S, i * S + S / 2]);
  assert.deepEqual(foldsAmong(pauses, [0, 50 * S]), []);
});

test("some milliseconds between steps are no waiting, in however short a run", () => {
  assert.deepEqual(foldsAmong([[0, 14_000], [20_000, 100_000]], [0, 110_000]), []);
});

test("both ways over a fold lead back to where they began", () => {
  const scale = new Scale([0, 100 * S], [[10 * S, 90 * S]]);
  for (const us of [-S, 0, 5 * S, 10 * S, 33 * S, 90 * S, 99 * S, 100 * S, 120 * S]) {
    assert.ok(Math.abs(scale.toUs(scale.toU(us)) - us) < 1e-3, String(us));
  }
});

test("a fold takes little room, and time beside it its own length", () => {
  const scale = new Scale([0, 100 * S], [[10 * S, 90 * S]]);
  const fold = scale.toU(90 * S) - scale.toU(10 * S);
  assert.ok(Math.abs(fold / scale.length - 0.065) < 1e-9);
  assert.equal(scale.toU(10 * S) - scale.toU(4 * S), 6 * S);
  assert.equal(Math.round(scale.toU(95 * S) - scale.toU(91 * S)), 4 * S);
});

test("many folds take no more than half of the line", () => {
  const folds = Array.from({ length: 40 }, (_, i) => [i * S + 1, i * S + 900_000]);
  const scale = new Scale([0, 40 * S], folds);
  const taken = folds.reduce((sum, [from, to]) => sum + scale.toU(to) - scale.toU(from), 0);
  assert.ok(Math.abs(taken / scale.length - 0.5) < 1e-9);
});

test("a run in which no time passed has a scale all the same", () => {
  const scale = new Scale([5, 5]);
  assert.ok(scale.length > 0 && Number.isFinite(scale.toU(5)));
});

test("steps of a ruler are 1, 2 or 5 times a power of ten", () => {
  assert.deepEqual([0.7, 1, 3, 20, 21, 600].map(niceStep), [1, 1, 5, 20, 50, 1000]);
});

test("the last that is at most x is found, or -1", () => {
  assert.deepEqual([0, 1, 4, 9].map((x) => lastAtMost([1, 3, 3, 7], x)), [-1, 0, 2, 3]);
});
