import assert from "node:assert/strict";
import { test } from "node:test";

import { Scale } from "../page/scale.js";
import { ticks, View } from "../page/view.js";

const S = 1_000_000;
const folded = () => new View(new Scale([0, 100 * S], [[10 * S, 90 * S]]), 1000);

test("at first everything is seen, with a little room at both ends", () => {
  const view = folded();
  assert.ok(view.isFitted && view.x(0) > 0 && view.x(0) < 30 && view.x(100 * S) > 900 && view.x(100 * S) < 960);
});

test("what is under the pointer stays there when one zooms", () => {
  const view = folded();
  const us = view.us(420);
  view.zoomAt(420, 3);
  assert.ok(Math.abs(view.us(420) - us) < 1);
  assert.ok(!view.isFitted);
});

test("zooming out ends where everything is seen", () => {
  const view = folded();
  view.zoomAt(100, 8);
  view.zoomAt(900, 1 / 100);
  assert.ok(view.isFitted);
});

test("zooming in ends at some microseconds", () => {
  const view = folded();
  for (let i = 0; i < 100; i += 1) view.zoomAt(500, 3);
  assert.ok(view.range[1] - view.range[0] >= 19.9);
});

test("one cannot move out of the run", () => {
  const view = folded();
  view.zoomAt(500, 4);
  view.panBy(1e9);
  assert.ok(view.x(100 * S) <= 1000 && view.x(100 * S) > 600);
  view.panBy(-1e9);
  assert.ok(view.x(0) >= 0 && view.x(0) < 100);
});

test("a range that is shown fills the width, on both sides of a fold too", () => {
  const view = folded();
  view.show([9 * S, 91 * S]);
  assert.ok(view.x(9 * S) > 0 && view.x(9 * S) < 80);
  assert.ok(view.x(91 * S) > 920 && view.x(91 * S) < 1000);
});

test("what is in sight is not moved to be revealed, and what is not comes into sight at the same zoom", () => {
  const view = folded();
  view.show([0, 2 * S]);
  const { zoom, from } = view;
  view.reveal(S);
  assert.equal(view.from, from);
  view.reveal(95 * S);
  assert.ok(view.x(95 * S) > 0 && view.x(95 * S) < 1000);
  assert.ok(Math.abs(view.zoom - zoom) < 1e-12);
});

test("another scale keeps the part of time that is seen", () => {
  const view = folded();
  view.show([2 * S, 4 * S]);
  const before = view.range;
  view.use(new Scale([0, 100 * S]), before);
  assert.ok(Math.abs(view.x(2 * S) - 1000 * (0.06 / 1.12)) < 60);
  assert.ok(view.range[0] < 2 * S && view.range[1] > 4 * S && view.range[1] < 5 * S);
});

test("the ruler's marks keep apart, lie on round moments or where a fold ends, and none lies in a fold", () => {
  const marks = ticks(folded(), 90);
  marks.slice(1).forEach(({ x }, i) => assert.ok(x - marks[i].x >= 90));
  assert.deepEqual(marks.filter(({ us }) => us === 90 * S).map(({ digits }) => digits), [3]);
  for (const { us } of marks) assert.ok(us % (0.5 * S) === 0 && (us <= 10 * S || us >= 90 * S), String(us));
});

test("the deeper the zoom the more digits a mark has", () => {
  const view = folded();
  view.show([3 * S, 3 * S + 2_000]);
  const marks = ticks(view);
  assert.ok(marks.length >= 3 && marks.every(({ digits }) => digits >= 4));
});
