// What lies under the bars: rows, the stretches that are folded, faults; and the names at the left.

import { duration } from "./format.js";
import { rounded, text, textWidth } from "./ink.js";
import { RULER } from "./scene.js";

export function paintRows(context, scene) {
  context.fillStyle = scene.colours.line;
  for (const { y, height } of scene.rows()) context.fillRect(scene.gutter, scene.y(y) + height - 1, scene.width, 1);
}

export function paintDeaths(context, scene) {
  const { colours, report, view } = scene;
  for (const row of scene.rows()) {
    const died = row.kind === "process" ? report.processes[row.index].died_us : null;
    if (died === null || died >= view.range[1] || isTheEnd(report, died)) continue;
    const [x, y] = [scene.x(died), scene.y(row.y)];
    context.fillStyle = colours.idle;
    context.fillRect(x, y, scene.width - x, row.height - 1);
    context.fillStyle = colours.tones.lost.ink;
    context.fillRect(x - 1, y, 2, row.height - 1);
    text(context, scene, "died", x + 5, y + row.height - 9, { size: 10.5, colour: colours.tones.lost.ink, weight: 600 });
  }
}

// Every process ends with its testbed: only one that died before is worth a mark.
function isTheEnd(report, us) {
  return us >= report.end;
}

export function paintFolds(context, scene) {
  const { colours, view, height } = scene;
  for (const [from, to] of view.scale.folds) {
    const [left, right] = [scene.x(from), scene.x(to)];
    if (right < scene.gutter || left > scene.width) continue;
    context.fillStyle = colours.raised;
    context.fillRect(left, RULER, right - left, height);
    context.strokeStyle = colours["strong-line"];
    context.lineWidth = 1;
    context.globalAlpha = 0.55;
    for (const x of [left, right]) zigzag(context, x, RULER, height);
    context.globalAlpha = 1;
  }
}

function zigzag(context, x, from, to) {
  context.beginPath();
  for (let y = from, side = 1; y <= to + 4; y += 4, side = -side) context.lineTo(x + side * 1.5, y);
  context.stroke();
}

export function paintFaults(context, scene) {
  const { colours, report, height } = scene;
  const bad = colours.tones.lost;
  for (const { name, from, to } of report.faults) {
    const left = scene.x(from);
    const right = to === null ? left : scene.x(to);
    if (right < scene.gutter - 200 || left > scene.width) continue;
    context.fillStyle = bad.bar;
    context.globalAlpha = 0.28;
    context.fillRect(left, RULER, Math.max(right - left, 2), height);
    context.globalAlpha = 1;
    context.fillStyle = bad.ink;
    context.fillRect(left - 1, RULER, 2, height);
    if (right - left > 3) context.fillRect(right - 1, RULER, 1, height);
    const size = 10.5;
    const width = textWidth(context, scene, name, size, 600) + 10;
    const x = Math.min(Math.max(left, scene.gutter), scene.width - width);
    context.fillStyle = bad.ink;
    rounded(context, x, RULER, width, 15, [0, 0, 4, 0]);
    context.fill();
    text(context, scene, name, x + 5, RULER + 7.5, { size, weight: 600, colour: colours.card });
  }
}

export function paintGutter(context, scene) {
  const { colours, gutter, height } = scene;
  context.fillStyle = colours.card;
  context.fillRect(0, 0, gutter, height);
  context.save();
  context.beginPath();
  context.rect(0, RULER, gutter - 6, height - RULER);
  context.clip();
  for (const row of scene.rows()) {
    const y = scene.y(row.y);
    const isTall = row.height >= 30 && row.note;
    const middle = y + (row.kind === "chord" || row.height > 60 ? 22 : row.height / 2);
    text(context, scene, row.label, 12, isTall ? middle - 7 : middle, { size: 12.5, weight: 600, room: gutter - 22 });
    const beside = 20 + textWidth(context, scene, row.label, 12.5, 600);
    if (!isTall && row.note && gutter - beside > 40) text(context, scene, row.note, beside, middle, { size: 11, colour: colours.soft, room: gutter - beside - 10 });
    if (isTall) text(context, scene, row.note, 12, middle + 8, { size: 11, colour: colours.soft, room: gutter - 22 });
  }
  context.restore();
  context.fillStyle = colours.line;
  for (const { y, height: tall } of scene.rows()) if (scene.y(y) + tall > RULER) context.fillRect(0, scene.y(y) + tall - 1, gutter, 1);
  context.fillRect(gutter - 1, 0, 1, height);
  context.fillRect(0, RULER - 1, gutter, 1);
  text(context, scene, scene.layout.by === "worker" ? "worker processes" : "tasks", 12, RULER / 2, { size: 11, colour: colours.soft, room: gutter - 20 });
}

// What is said of a fold: its length, without what people do not look for.
export function foldText([from, to]) {
  return duration(Math.round(to - from));
}
