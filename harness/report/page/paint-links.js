// What leads from one attempt to another: messages as thin lines from who sent them, and retry delays as gaps with the
// interval that was expected as a band and the error in ms beside it.

import { duration, error } from "./format.js";
import { rounded, text, textWidth } from "./ink.js";

const ERROR = { size: 10.5, weight: 600 };
const LEAST_ERROR = 30; // pixels, before it is measured

export function paintMessages(context, scene, attempts) {
  const { report, selection, hover, focus, colours } = scene;
  for (const attempt of attempts) {
    const message = report.messages[scene.messageTo[attempt]];
    // A retry's message goes where the gap of its delay goes.
    if (!message || message.by === "retry") continue;
    const to = scene.box(attempt);
    const from = sentFrom(scene, message);
    if (!to || !from) continue;
    const { task } = report.attempts[attempt];
    const isLoud = task === selection.task || attempt === selection.attempt || attempt === hover || attempt === focus
      || (message.from !== null && (message.from === selection.attempt || message.from === hover || message.from === focus));
    context.globalAlpha = isLoud ? 1 : scene.isWithin(attempt) ? 0.55 : 0.12;
    context.strokeStyle = isLoud || message.by === "chord" ? colours.accent : colours["strong-line"];
    context.lineWidth = isLoud ? 1.75 : 1;
    connect(context, from, { x: to.x, y: to.y + (from.y <= to.y ? 0 : to.height) }, to.y + to.height / 2);
    context.globalAlpha = 1;
  }
}

// What the experiment sent, on its own row; and on the rows of tasks of which no attempt came, what became of their
// messages: a ring where one was sent, a dot where it was delivered.
export function paintSendings(context, scene) {
  const { report, colours } = scene;
  context.strokeStyle = colours.accent;
  context.fillStyle = colours.accent;
  context.lineWidth = 1.5;
  for (const row of scene.rows()) {
    const y = scene.y(row.y + row.height / 2);
    let last = -Infinity;
    for (const i of messagesOn(report, row)) {
      const { sent, delivered } = report.messages[i];
      const x = scene.x(sent);
      if (x - last < 5 || x < scene.gutter || x > scene.width) continue;
      last = x;
      context.beginPath();
      context.arc(x, y, 3.5, 0, 7);
      if (row.kind === "sender") context.fill();
      else context.stroke();
      if (row.kind === "task" && delivered !== null) {
        context.beginPath();
        context.arc(scene.x(delivered), y, 3, 0, 7);
        context.fill();
      }
    }
    const isMute = row.kind === "task" && row.levels.length === 0;
    if (isMute) text(context, scene, report.tasks[row.index].final, last + 10, y, { size: 11, colour: colours.soft });
  }
}

function messagesOn(report, { kind, index, levels }) {
  if (kind === "sender") return (report.ofExperiment ??= report.messages.map((_, i) => i).filter((i) => report.messages[i].by === "experiment"));
  return kind === "task" && levels.length === 0 ? report.messagesOf[index] : [];
}

function sentFrom(scene, { by, from, sent }) {
  const x = scene.x(sent);
  if (from !== null) {
    const box = scene.box(from);
    // While its code ran it left the bar, afterwards the tail.
    return box && { x: Math.max(x, box.x), y: x <= box.x + box.width ? box.y + box.height / 2 : box.y + box.height - 1 };
  }
  const row = by === "experiment" ? scene.layout.senderRow : null;
  return row && { x, y: scene.y(row.y + row.height / 2) };
}

// Down (or up) the rows; within a row, in an arc over the bars. The arrow's head says which way.
function connect(context, from, to, middle) {
  context.beginPath();
  context.moveTo(from.x, from.y);
  if (Math.abs(from.y - middle) < 4) {
    const top = to.y - 7;
    context.bezierCurveTo(from.x + 4, top, to.x - 4, top, to.x, to.y);
    context.stroke();
    return;
  }
  const half = (from.y + to.y) / 2;
  context.bezierCurveTo(from.x, half, to.x, half, to.x, to.y);
  context.stroke();
  const side = to.y > from.y ? -1 : 1;
  context.beginPath();
  context.moveTo(to.x, to.y);
  context.lineTo(to.x - 3, to.y + side * 5);
  context.lineTo(to.x + 3, to.y + side * 5);
  context.closePath();
  context.fillStyle = context.strokeStyle;
  context.fill();
}

export function paintRetries(context, scene, attempts) {
  const { report } = scene;
  const retries = new Set(attempts.flatMap((attempt) => [report.retryAfter[attempt], report.retryBefore[attempt]]));
  for (const i of retries) if (i >= 0) paintRetry(context, scene, report.retries[i]);
}

function paintRetry(context, scene, retry) {
  const from = scene.box(retry.from);
  if (!from) return;
  const to = retry.to === null ? null : scene.box(retry.to);
  const y1 = from.y + from.height / 2;
  const y2 = to ? to.y + to.height / 2 : y1;
  const x1 = from.x + from.width;
  const x2 = to ? to.x : scene.x(retry.asked_at + retry.low_us);
  const { ink } = scene.colours.tones.again;
  const isLoud = [retry.from, retry.to].includes(scene.selection.attempt) || retry.task === scene.selection.task;
  context.globalAlpha = scene.isWithin(retry.from) || (retry.to !== null && scene.isWithin(retry.to)) ? 1 : 0.2;
  paintBand(context, scene, retry, to ?? from);
  context.strokeStyle = ink;
  context.lineWidth = isLoud ? 2 : 1.25;
  context.setLineDash([2, 3]);
  context.beginPath();
  context.moveTo(x1, y1);
  const half = Math.min(Math.max((x2 - x1) / 2, 6), 60);
  if (y1 === y2) context.lineTo(x2, y2);
  else context.bezierCurveTo(x1 + half, y1, x2 - half, y2, x2, y2);
  context.stroke();
  context.setLineDash([]);
  if (to) paintError(context, scene, retry, y2);
  context.globalAlpha = 1;
}

// When the next attempt was to start: from the least delay to the greatest, and as late as this clock lets it be. The band
// lies along the foot of the row, for other attempts may lie within it.
function paintBand(context, scene, { asked_at: asked, low_us: low, high_us: high }, { y, height }) {
  const { ink, bar } = scene.colours.tones.again;
  const left = scene.x(asked + low);
  const right = Math.max(scene.x(asked + high + (scene.report.run.tolerance_us ?? 0)), left + 2);
  context.fillStyle = bar;
  context.fillRect(left, y + height + 1, right - left, 4);
  context.fillStyle = ink;
  context.fillRect(left - 0.75, y - 1, 1.5, height + 6);
  if (right - left > 5) context.fillRect(right - 0.75, y + height - 1, 1.5, 6);
}

// What is said of a retry's delay, and where: left of the moment at which the next attempt was to start. The whole, or
// where there is less room the error alone, or nothing.
export function errorBox(context, scene, retry) {
  const { from, to, asked_at: asked, low_us: low, observed_us: observed, error_us: off } = retry;
  if (observed === null || to === null) return null;
  const begin = scene.box(from);
  const x2 = Math.min(scene.x(asked + low), scene.x(scene.starts[to])) - 6;
  const room = x2 - begin.x - begin.width - 8;
  if (room < LEAST_ERROR) return null;
  const long = off === null ? duration(observed) : `${duration(observed)}  ${error(off)}`;
  const words = [long, off === null ? "" : error(off)].find((one) => one && textWidth(context, scene, one, ERROR.size, ERROR.weight) <= room);
  if (!words) return null;
  const width = textWidth(context, scene, words, ERROR.size, ERROR.weight);
  return { words, width, left: x2 - width - 4, right: x2 };
}

function paintError(context, scene, retry, y) {
  const box = errorBox(context, scene, retry);
  if (!box) return;
  const { words, width, left, right } = box;
  const alpha = context.globalAlpha;
  context.fillStyle = scene.colours.card;
  context.globalAlpha = alpha * 0.9;
  rounded(context, left, y - 8, width + 6, 16, 3);
  context.fill();
  context.globalAlpha = alpha;
  text(context, scene, words, right, y, { ...ERROR, align: "right", colour: scene.colours.tones.again.ink });
}
