// Bringing what was chosen into sight. Owns: when the timeline moves by itself, and how far: never when what was chosen is
// in sight already. Refuses: to change the selection.

import { RULER } from "./scene.js";

export function revealChosen(timeline, { task, attempt, event, law }, changed) {
  const { report } = timeline;
  if (changed.has("attempt") && attempt !== null) revealAttempt(timeline, attempt);
  if (changed.has("task") && task !== null) revealSpan(timeline, report.lifeOf(task));
  if (changed.has("law")) revealEvidence(timeline, report.eventsOfLaw(law));
  if (changed.has("event") && event !== null) revealEvent(timeline, event);
}

export function revealAttempt(timeline, attempt) {
  const { scene, view } = timeline;
  view.reveal(scene.starts[attempt], scene.ends[attempt]);
  const place = scene.layout.placeOf[attempt];
  if (place) scrollTo(timeline, { y: place.y - 8, height: place.height + 16 });
  timeline.redraw();
}

// With a row for each of thousands of tasks, those that are in sight may have nothing at the time that is in sight: then
// the first that has something is scrolled to.
const ENOUGH = 3; // one row of so many

export function revealRows(timeline) {
  const { scene } = timeline;
  if (scene.layout.by !== "task" || scene.width === 0) return;
  scene.scroll = timeline.scroller.scrollTop;
  const hasSomething = (row) => row.kind !== "sender" && scene.visible(row).length > 0;
  const seen = scene.rows();
  if (seen.filter(hasSomething).length * ENOUGH >= seen.length) return;
  const first = scene.layout.rows.find(hasSomething);
  if (first && !seen.slice(0, seen.length / 2).includes(first)) timeline.scroller.scrollTop = Math.max(first.y - 8, 0);
}

function revealSpan({ view }, span) {
  if (span === null) return;
  const [from, to] = span.map((us) => view.x(us));
  if (from < 0 || to > view.width) view.show(span);
}

// All of it, where there is room; else its last event, which is what it leads to.
function revealEvidence(timeline, events) {
  if (events.length === 0) return;
  const { report, scene, scroller } = timeline;
  const moments = events.map((event) => report.events.us[event]);
  revealSpan(timeline, [Math.min(...moments), Math.max(...moments)]);
  const rows = events.map((event) => scene.spot(event)?.row).filter(Boolean);
  if (rows.length === 0) return;
  const top = Math.min(...rows.map(({ y }) => y));
  const height = Math.max(...rows.map((row) => row.y + row.height)) - top;
  scrollTo(timeline, height <= scroller.clientHeight - RULER ? { y: top, height } : rows.at(-1));
}

function revealEvent(timeline, event) {
  timeline.view.reveal(timeline.report.events.us[event]);
  const spot = timeline.scene.spot(event);
  if (spot) scrollTo(timeline, spot.row);
}

function scrollTo({ scroller }, { y, height }) {
  const room = scroller.clientHeight - RULER;
  if (y < scroller.scrollTop) scroller.scrollTop = y;
  else if (y + height > scroller.scrollTop + room) scroller.scrollTop = y + height - room;
}
