// Attempts as bars: colour, texture and shape say how one ended, its length how long its code ran, the thin tail how long
// Celery was busy with it afterwards. A name stands inside the bar, or beside it where the row is free.

import { duration, ordinal, shortName } from "./format.js";
import { rounded, shape, text, textWidth } from "./ink.js";
import { shapeOf, toneOf } from "./marks.js";

const NAME = { size: 11, weight: 500 };
const MARK = 11;

export function paintAttempts(context, scene, seen) {
  const next = followers(scene, seen);
  for (const attempt of seen) {
    const box = scene.box(attempt);
    context.globalAlpha = scene.isWithin(attempt) ? 1 : 0.22;
    paintTail(context, scene, attempt, box);
    paintBar(context, scene, attempt, box);
    paintName(context, scene, attempt, box, next.get(attempt) ?? Infinity);
    context.globalAlpha = 1;
    if (attempt === scene.selection.attempt || attempt === scene.focus || attempt === scene.hover) paintRing(context, scene, attempt, box);
  }
}

// Where, on the same level, the next bar begins: so far may a name go that does not fit into its own.
function followers(scene, seen) {
  const next = new Map();
  for (let i = 0; i + 1 < seen.length; i += 1) {
    const [one, other] = [scene.layout.placeOf[seen[i]], scene.layout.placeOf[seen[i + 1]]];
    if (one.row === other.row && one.y === other.y) next.set(seen[i], scene.x(scene.starts[seen[i + 1]]));
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
  context.fillRect(from, y + height / 2 - 1.5, to - from, 3);
}

function paintName(context, scene, attempt, { x, y, width, height }, next) {
  const { ending } = scene.report.attempts[attempt];
  const { ink, texture } = scene.colours.tones[toneOf(ending)];
  const name = nameOf(scene, attempt);
  const middle = y + height / 2;
  const needs = MARK + 5 + textWidth(context, scene, name, NAME.size, NAME.weight);
  const left = Math.max(x, scene.gutter);
  const inside = x + width - left;
  if (inside >= needs + 10) {
    if (texture) plate(context, scene, left + 3, middle, needs + 4, height);
    shape(context, shapeOf(ending), left + 5, middle - MARK / 2, MARK, ink);
    text(context, scene, name, left + 5 + MARK + 4, middle, NAME);
  } else if (next - (x + width) >= needs + 8) {
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
  const { task, retries, exception, start } = report.attempts[attempt];
  const nth = report.tasks[task].attempts.length > 1 ? ordinal(retries + 1) : "";
  if (layout.by === "worker") return [report.label(task), nth].filter(Boolean).join(" ");
  const raised = report.value(exception);
  return [nth, raised ? shortName(raised.type) : duration(report.endOf(attempt) - start)].filter(Boolean).join(" ");
}
