// A chord's count as steps, from nothing to all of its members, and the instant at which its body was sent.

import { duration } from "./format.js";
import { text, textWidth } from "./ink.js";

const ABOVE = 16; // room over the highest step, for words
const BELOW = 6;
const APART = 14; // pixels between two figures
const FEW = 3; // chords whose trigger is drawn through all rows

export function paintChords(context, scene) {
  const rows = scene.rows().filter(({ kind }) => kind === "chord");
  for (const row of rows) paintChord(context, scene, row, { isOneOfMany: rows.length > FEW, ...scene.report.chords[row.index] });
}

function paintChord(context, scene, row, chord) {
  const { colours, report, selection } = scene;
  const size = chord.size ?? chord.members.length;
  const top = scene.y(row.y) + ABOVE;
  const bottom = scene.y(row.y) + row.height - BELOW;
  const level = (n) => bottom - ((bottom - top) * n) / Math.max(size, 1);
  const isDim = selection.task !== null && selection.task !== chord.body && !chord.members.includes(selection.task);
  context.globalAlpha = isDim ? 0.25 : 1;
  paintSteps(context, scene, chord, level, size, bottom);
  context.globalAlpha = isDim ? 0.25 : 1;
  if (chord.triggered !== null) paintTrigger(context, scene, chord, top, bottom);
  else {
    const last = chord.counts.length ? scene.x(chord.counts.at(-1).at) : scene.gutter;
    text(context, scene, "not triggered", Math.max(last, scene.gutter) + 8, top - 7, { size: 10.5, weight: 600, colour: colours.tones.bad.ink });
  }
  context.globalAlpha = 1;
}

function paintSteps(context, scene, { counts, triggered }, level, size, bottom) {
  const { colours } = scene;
  const end = Math.max(scene.x(triggered ?? scene.report.end), counts.length ? scene.x(counts.at(-1).at) : 0);
  context.beginPath();
  context.moveTo(scene.gutter - 10, bottom);
  counts.forEach(({ at }, i) => {
    context.lineTo(scene.x(at), level(i));
    context.lineTo(scene.x(at), level(i + 1));
  });
  context.lineTo(end, level(counts.length));
  context.strokeStyle = colours.accent;
  context.lineWidth = 1.5;
  context.stroke();
  context.lineTo(end, bottom);
  context.closePath();
  context.globalAlpha *= 0.8;
  context.fillStyle = colours.wash;
  context.fill();
  context.globalAlpha = 1;
  context.setLineDash([2, 4]);
  context.strokeStyle = colours["strong-line"];
  context.lineWidth = 1;
  context.beginPath();
  context.moveTo(scene.gutter, level(size));
  context.lineTo(end, level(size));
  context.stroke();
  context.setLineDash([]);
  let last = -Infinity;
  counts.forEach(({ at }, i) => {
    const x = scene.x(at);
    const isLast = i + 1 === counts.length;
    if (!isLast && (x - last < APART || scene.x(counts[i + 1].at) - x < 2 * APART)) return;
    last = x;
    const words = isLast ? `${i + 1} of ${size}` : String(i + 1);
    text(context, scene, words, x - 4, level(i + 1) + (i + 1 === size ? -7 : 0), { size: 10.5, align: "right", colour: colours.soft });
  });
}

function paintTrigger(context, scene, { triggered, counts, overlap, isOneOfMany }, top, bottom) {
  const { colours } = scene;
  const x = scene.x(triggered);
  context.strokeStyle = colours.accent;
  context.lineWidth = 1;
  context.setLineDash([3, 3]);
  context.beginPath();
  context.moveTo(x, isOneOfMany ? top - 6 : 0);
  context.lineTo(x, bottom);
  context.stroke();
  context.setLineDash([]);
  context.fillStyle = colours.accent;
  context.beginPath();
  for (const [dx, dy] of [[0, -5], [5, 0], [0, 5], [-5, 0]]) context.lineTo(x + dx, top + dy);
  context.closePath();
  context.fill();
  const after = counts.length ? `, ${duration(triggered - counts.at(-1).at)} after the last count` : "";
  const race = overlap?.is_race ? `; a race, ${duration(overlap.distance_us)} apart` : "";
  const style = { size: 10.5, weight: 600, colour: colours.accent };
  const fits = (words) => textWidth(context, scene, words, style.size, style.weight) <= scene.width - x - 12;
  const words = [`triggered${after}${race}`, `triggered${race}`, "triggered"].find(fits);
  if (words) text(context, scene, words, x + 9, top, style);
}
