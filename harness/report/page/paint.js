// The timeline's picture. Owns: in which order its layers are painted. Refuses: to change anything it is given.

import { paintAttempts } from "./paint-attempts.js";
import { paintChords } from "./paint-chords.js";
import { paintMarks } from "./paint-marks.js";
import { paintMessages, paintRetries, paintSendings } from "./paint-links.js";
import { paintDeaths, paintFaults, paintFolds, paintGutter, paintRows } from "./paint-rows.js";
import { paintRange, paintRuler } from "./paint-ruler.js";
import { RULER } from "./scene.js";

// With more bars than this in sight, connections are drawn of the followed task only: they would be a grey wall.
const MOST_CONNECTED = 400;

export function paint(context, scene) {
  const { width, height, colours } = scene;
  context.fillStyle = colours.card;
  context.fillRect(0, 0, width, height);
  const seen = scene.rows().flatMap((row) => scene.visible(row));
  clipped(context, scene.gutter, RULER, width, height, () => {
    paintRows(context, scene);
    paintFolds(context, scene);
    paintDeaths(context, scene);
    paintFaults(context, scene);
    paintChords(context, scene);
    paintMessages(context, scene, seen.length > MOST_CONNECTED ? followed(scene) : seen);
    paintRetries(context, scene, seen.length > MOST_CONNECTED ? followed(scene) : seen);
    paintSendings(context, scene);
    paintAttempts(context, scene, seen);
    paintMarks(context, scene);
  });
  clipped(context, scene.gutter, 0, width, height, () => {
    paintRange(context, scene);
    paintRuler(context, scene);
  });
  paintGutter(context, scene);
}

function followed({ report, selection, hover, focus }) {
  const tasks = [selection.task, taskOf(report, selection.attempt), taskOf(report, hover), taskOf(report, focus)];
  return [...new Set(tasks.filter((task) => task !== null))].flatMap((task) => report.tasks[task].attempts);
}

function taskOf(report, attempt) {
  return attempt === null ? null : report.attempts[attempt].task;
}

function clipped(context, x, y, right, bottom, draw) {
  context.save();
  context.beginPath();
  context.rect(x, y, right - x, bottom - y);
  context.clip();
  draw();
  context.restore();
}
