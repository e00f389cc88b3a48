// What is under the pointer. Owns: the way from a place on the canvas to what was painted there. Refuses: the DOM.

import { lastAtMost } from "./scale.js";
import { rowAt } from "./lanes.js";
import { RULER } from "./scene.js";

const NEAR = 5; // pixels

// { kind: "attempt" | "retry" | "chord" | "fault" | "fold", index } or null
export function pick(scene, x, y) {
  if (x < scene.gutter || y < 0 || y >= scene.height) return null;
  if (y < RULER) return fold(scene, x);
  const row = rowAt(scene.layout, y - RULER + scene.scroll);
  if (row?.kind === "chord") return { kind: "chord", index: row.index };
  return (row && (attempt(scene, row, x, y) ?? retry(scene, row, x, y))) ?? fault(scene, x, y) ?? fold(scene, x);
}

function attempt(scene, row, x, y) {
  let nearest = null;
  for (const level of row.levels) {
    if (level.length === 0) continue;
    const place = scene.layout.placeOf[level[0]];
    const top = scene.y(place.y);
    if (y < top - 3 || y > top + place.height + 3) continue;
    const i = lastStartedBefore(scene, level, x + NEAR);
    for (const one of [i, i - 1]) {
      if (one < 0) continue;
      const box = scene.box(level[one]);
      const away = Math.max(box.x - x, x - box.x - box.width, 0);
      if (away <= NEAR && (nearest === null || away < nearest.away)) nearest = { kind: "attempt", index: level[one], away };
    }
  }
  return nearest && { kind: nearest.kind, index: nearest.index };
}

function lastStartedBefore(scene, level, x) {
  let low = 0;
  let high = level.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (scene.x(scene.starts[level[middle]]) <= x) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

// A gap that ends at an attempt of this row, or, where none followed, that begins at one.
function retry(scene, row, x, y) {
  const { report } = scene;
  for (const level of row.levels) {
    const box = level.length ? scene.box(level[0]) : null;
    if (!box || y < box.y || y > box.y + box.height) continue;
    const next = level[lastStartedBefore(scene, level, x) + 1];
    const found = next === undefined ? -1 : report.retryBefore[next];
    if (found < 0) continue;
    const from = scene.box(report.retries[found].from);
    if (from && x > from.x + from.width) return { kind: "retry", index: found };
  }
  return null;
}

function fault(scene, x, y) {
  const index = scene.report.faults.findIndex(({ from, to }) => {
    const left = scene.x(from);
    const right = Math.max(to === null ? left : scene.x(to), left + 2);
    return x >= left - NEAR && x <= right + NEAR && (right - left < 40 || y < RULER + 20);
  });
  return index < 0 ? null : { kind: "fault", index };
}

function fold(scene, x) {
  const us = scene.view.us(x - scene.gutter);
  const { folds } = scene.view.scale;
  const index = lastAtMost(folds.map(([from]) => from), us);
  return index >= 0 && us <= folds[index][1] ? { kind: "fold", index } : null;
}
