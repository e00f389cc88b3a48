// The ruler: moments of the testbed's clock, the folds' lengths, and the range that is chosen.

import { moment } from "./format.js";
import { rounded, text, textWidth } from "./ink.js";
import { foldText } from "./paint-rows.js";
import { RULER } from "./scene.js";
import { ticks } from "./view.js";

const LABEL = { size: 11, weight: 400 };
const FOLD = { size: 10.5, weight: 600 };

export function paintRuler(context, scene) {
  const { colours, gutter, width, height, view } = scene;
  context.fillStyle = colours.card;
  context.fillRect(gutter, 0, width, RULER - 1);
  context.fillStyle = colours.line;
  context.fillRect(gutter, RULER - 1, width, 1);
  paintBrush(context, scene);
  for (const { us, x, digits } of ticks(view)) {
    context.fillStyle = colours.line;
    context.fillRect(gutter + x, RULER - 8, 1, 7);
    context.save();
    context.globalAlpha = 0.5;
    context.fillRect(gutter + x, RULER, 1, height);
    context.restore();
    text(context, scene, moment(us, digits), gutter + x + 4, 11, { ...LABEL, colour: colours.soft });
  }
  for (const fold of view.scale.folds) paintFold(context, scene, fold);
}

// Written on the fold, or where it is too narrow, upright along it.
function paintFold(context, scene, fold) {
  const [left, right] = [scene.x(fold[0]), scene.x(fold[1])];
  if (right < scene.gutter || left > scene.width) return;
  const words = foldText(fold);
  const width = textWidth(context, scene, words, FOLD.size, FOLD.weight) + 10;
  const middle = Math.min(Math.max((Math.max(left, scene.gutter) + Math.min(right, scene.width)) / 2, scene.gutter), scene.width);
  if (width <= right - left + 8) {
    context.fillStyle = scene.colours.raised;
    rounded(context, middle - width / 2, RULER - 20, width, 16, 8);
    context.fill();
    text(context, scene, words, middle, RULER - 12, { ...FOLD, align: "center", colour: scene.colours.soft });
  } else if (right - left >= 9) {
    context.save();
    context.translate((left + right) / 2, RULER + (scene.report.faults.length ? 24 : 8));
    context.rotate(Math.PI / 2);
    text(context, scene, words, 0, 0, { ...FOLD, colour: scene.colours.soft });
    context.restore();
  }
}

function paintBrush(context, scene) {
  const range = scene.brush ?? scene.selection.range;
  if (!range) return;
  const [left, right] = [scene.x(range[0]), scene.x(range[1])];
  context.fillStyle = scene.colours.accent;
  context.globalAlpha = 0.25;
  context.fillRect(left, 0, Math.max(right - left, 1), RULER - 1);
  context.globalAlpha = 1;
}

// What is outside of the range is veiled.
export function paintRange(context, scene) {
  const range = scene.brush ?? scene.selection.range;
  if (!range) return;
  const { colours, gutter, width, height } = scene;
  const left = Math.min(Math.max(scene.x(range[0]), gutter), width);
  const right = Math.min(Math.max(scene.x(range[1]), gutter), width);
  context.fillStyle = colours.shade;
  context.fillRect(gutter, RULER, left - gutter, height);
  context.fillRect(right, RULER, width - right, height);
  context.fillStyle = colours.accent;
  for (const x of [left, right]) context.fillRect(x - 0.75, 0, 1.5, height);
}
