// Events that are pointed at: the evidence against a law, numbered in order, and the one event that the reader chose.

import { text } from "./ink.js";

export function paintMarks(context, scene) {
  const { report, selection, colours } = scene;
  const evidence = report.eventsOfLaw(selection.law);
  const spots = evidence.map((event) => scene.spot(event));
  context.strokeStyle = colours.tones.bad.ink;
  context.lineWidth = 1.5;
  context.setLineDash([4, 3]);
  context.beginPath();
  for (const spot of spots) if (spot) context.lineTo(spot.x, spot.y);
  context.stroke();
  context.setLineDash([]);
  spots.forEach((spot, i) => spot && badge(context, scene, spot, String(i + 1), evidence[i] === selection.event));
  if (selection.event !== null) paintCursor(context, scene, selection.event, evidence.includes(selection.event));
}

function badge(context, scene, { x, y }, words, isChosen) {
  const { colours } = scene;
  context.beginPath();
  context.arc(x, y, isChosen ? 10 : 8, 0, 7);
  context.fillStyle = colours.tones.bad.ink;
  context.fill();
  context.strokeStyle = isChosen ? colours.ink : colours.card;
  context.lineWidth = 2;
  context.stroke();
  text(context, scene, words, x, y + 0.5, { size: 10.5, weight: 700, align: "center", colour: colours.card });
}

function paintCursor(context, scene, event, isMarked) {
  const { colours, height } = scene;
  const x = scene.x(scene.report.events.us[event]);
  context.fillStyle = colours.accent;
  context.fillRect(x - 0.75, 0, 1.5, height);
  const spot = scene.spot(event);
  if (!spot || isMarked) return;
  context.beginPath();
  context.arc(spot.x, spot.y, 5, 0, 7);
  context.fillStyle = colours.card;
  context.fill();
  context.strokeStyle = colours.accent;
  context.lineWidth = 2.5;
  context.stroke();
}
