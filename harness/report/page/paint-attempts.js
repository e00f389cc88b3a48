// Attempts as bars: colour, texture and shape say how one ended, its length how long its code ran, the thin tail how long
// Celery was busy with it afterwards. A name stands inside the bar, or beside it where the row is free.

import { duration, ordinal, shortName } from "./format.js";
import { rounded, shape, text, textWidth } from "./ink.js";
import { shapeOf, toneOf } from "./marks.js";
import { errorBox } from "./paint-links.js";

const NAME = { size: 11, weight: 500 };
const MARK = 11;
const LEAST_LETTER = 4; // pixels: what a name needs at the least, before it is measured
// With more bars than this in sight, the narrow ones are plain, and only what went wrong has a shape beside it.
const DENSE = 300;
const NARROW = 7;
const GRAVE = 4;

export function paintAttempts(context, scene, seen) {
  const isDense = seen.length > DENSE;
  const next = followers(context, scene, seen);
  for (const attempt of seen) {
    const box = scene.box(attempt);
    if (isDense && box.width < NARROW && !isPointedAt(scene, attempt)) {
      paintNarrow(context, scene, attempt, box, next.get(attempt) ?? Infinity);
      continue;
    }
    context.globalAlpha = scene.isWithin(attempt) ? 1 : 0.22;
    paintTail(context, scene, attempt, box);
    paintBar(context, scene, attempt, box);
    paintName(context, scene, attempt, box, next.get(attempt) ?? Infinity);
    context.globalAlpha = 1;
    if (isPointedAt(scene, attempt)) paintRing(context, scene, attempt, box);
  }
}

function isPointedAt({ selection, focus, hover }, attempt) {
  return attempt === selection.attempt || attempt === focus || attempt === hover;
}

function paintNarrow(context, scene, attempt, { x, y, width, height }, next) {
  const { ending } = scene.report.attempts[attempt];
  const { ink, bar } = scene.colours.tones[toneOf(ending)];
  const isGrave = scene.gravity[attempt] >= GRAVE;
  context.globalAlpha = scene.isWithin(attempt) ? 1 : 0.22;
  context.fillStyle = isGrave ? ink : bar;
  context.fillRect(x, y, width, height);
  if (isGrave && next - x - width >= MARK + 4) shape(context, shapeOf(ending), x + width + 1, y + (height - MARK) / 2, MARK, ink);
  context.globalAlpha = 1;
}

// Where, on the same level, the next bar begins, or what is said of the delay before it: so far may a name go that does not
// fit into its own.
function followers(context, scene, seen) {
  const next = new Map();
  for (let i = 0; i + 1 < seen.length; i += 1) {
    const [one, other] = [scene.layout.placeOf[seen[i]], scene.layout.placeOf[seen[i + 1]]];
    if (one.row !== other.row || one.y !== other.y) continue;
    const retry = scene.report.retryBefore[seen[i + 1]];
    const said = retry < 0 ? null : errorBox(context, scene, scene.report.retries[retry]);
    next.set(seen[i], said ? said.left : scene.startX(seen[i + 1]));
  }
  return next;
}

function paintBar(context, scene, attempt, { x, y, width, height }) {
  const { ending } = scene.report.attempts[attempt];
  const { ink, bar, texture } = scene.colours.tones[toneOf(ending)];
  const isOpen = ending === "running" || ending === "lost";
  rounded(context, x, y, width, height, isOpen ? [3, 0, 0, 3] : Math.min(3, width / 2));
  context.fillStyle = bar;
  context.fill();
  if (texture && width >= 5) {
    for (const one of [texture].flat()) {
      context.fillStyle = one;
      context.fill();
    }
  }
  context.strokeStyle = ink;
  context.lineWidth = 1;
  if (isOpen) context.setLineDash([3, 2]);
  context.stroke();
  context.setLineDash([]);
}

function paintTail(context, scene, attempt, { y, height }) {
  const { end, closed } = scene.report.attempts[attempt];
  if (end === null || closed === null || closed <= end) return;
  const [from, to] = [scene.x(end), scene.x(closed)];
  if (to - from < 2) return;
  context.fillStyle = scene.colours.tones.quiet.bar;
  context.fillRect(from, y + height - 2, to - from, 2);
}

function paintName(context, scene, attempt, { x, y, width, height }, next) {
  const { ending } = scene.report.attempts[attempt];
  const { ink, texture } = scene.colours.tones[toneOf(ending)];
  const name = nameOf(scene, attempt);
  const middle = y + height / 2;
  const left = Math.max(x, scene.gutter);
  const inside = x + width - left;
  const isHopeless = Math.max(inside, next - x - width) < MARK + LEAST_LETTER * name.length;
  const needs = isHopeless ? Infinity : MARK + 5 + textWidth(context, scene, name, NAME.size, NAME.weight);
  if (inside >= needs + 10) {
    if (texture) plate(context, scene, left + 3, middle, needs + 4, height);
    shape(context, shapeOf(ending), left + 5, middle - MARK / 2, MARK, ink);
    text(context, scene, name, left + 5 + MARK + 4, middle, NAME);
  } else if (next - (x + width) >= needs + 8) {
    if (scene.report.retryAfter[attempt] >= 0) plate(context, scene, x + width + 1, middle, needs, height);
    shape(context, shapeOf(ending), x + width + 3, middle - MARK / 2, MARK, ink);
    text(context, scene, name, x + width + 3 + MARK + 3, middle, { ...NAME, colour: scene.colours.soft });
  } else if (inside >= MARK + 6) {
    if (texture) plate(context, scene, left + 2, middle, MARK + 4, height);
    shape(context, shapeOf(ending), left + 4, middle - MARK / 2, MARK, ink);
  } else if (next - (x + width) >= MARK + 5) {
    shape(context, shapeOf(ending), x + width + 2, middle - MARK / 2, MARK, ink);
  }
}

// Words are not written on a texture.
function plate(context, scene, x, middle, width, height) {
  context.fillStyle = scene.colours.card;
  context.save();
  context.globalAlpha *= 0.78;
  rounded(context, x, middle - height / 2 + 2, width, height - 4, 2);
  context.fill();
  context.restore();
}

function paintRing(context, scene, attempt, { x, y, width, height }) {
  context.strokeStyle = scene.colours.accent;
  context.lineWidth = attempt === scene.selection.attempt || attempt === scene.focus ? 2 : 1.25;
  rounded(context, x - 2.5, y - 2.5, width + 5, height + 5, 5);
  context.stroke();
}

// On a worker's row: which task, and which of its attempts. On a task's: what became of it.
function nameOf({ report, layout }, attempt) {
  const { task, exception, start } = report.attempts[attempt];
  const nth = report.tasks[task].attempts.length > 1 ? ordinal(report.nth[attempt]) : "";
  if (layout.by === "worker") return [report.label(task), nth].filter(Boolean).join(" ");
  const raised = report.value(exception);
  return [nth, raised ? shortName(raised.type) : duration(report.endOf(attempt) - start)].filter(Boolean).join(" ");
}
