// The timeline by keyboard. Owns: which key does what, while the timeline has the focus.

import { announce } from "./frame.js";
import { moment } from "./format.js";
import { LANES } from "./lanes.js";
import { select, selection } from "./selection.js";
import { walk } from "./walk.js";

const FACTOR = 1.6;
const STEP = 0.2; // of the width, for a move

export function listenToKeys(timeline) {
  const { scroller } = timeline;
  scroller.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const run = command(timeline, event.shiftKey && event.key.startsWith("Arrow") ? `Shift+${event.key}` : event.key);
    if (!run) return;
    event.preventDefault();
    event.stopPropagation();
    run();
  });
  scroller.addEventListener("blur", () => timeline.focusOn(null));
}

function command(timeline, key) {
  const go = (direction) => () => timeline.focusOn(walk(timeline.scene, timeline.scene.focus ?? selection().attempt, direction));
  const move = (part) => () => {
    timeline.view.panBy(timeline.view.width * part);
    timeline.changed();
  };
  return {
    ArrowRight: go("next"), ArrowLeft: go("previous"), ArrowUp: go("above"), ArrowDown: go("below"), Home: go("first"), End: go("last"),
    "Shift+ArrowRight": move(STEP), "Shift+ArrowLeft": move(-STEP),
    "+": () => timeline.zoom(FACTOR, focusX(timeline)), "=": () => timeline.zoom(FACTOR, focusX(timeline)),
    "-": () => timeline.zoom(1 / FACTOR, focusX(timeline)), 0: () => timeline.fit(),
    Enter: () => select({ attempt: timeline.scene.focus }), " ": () => select({ attempt: timeline.scene.focus }),
    f: () => follow(timeline), t: () => timeline.setLanes(LANES.find((by) => by !== timeline.scene.layout.by)),
    i: () => timeline.setFolding(!timeline.isFolded),
    "[": () => bound(timeline, 0), "]": () => bound(timeline, 1),
    Escape: () => leave(timeline),
  }[key.length === 1 ? key.toLowerCase() : key];
}

// Zooming keeps the attempt that the keyboard is on where it is.
function focusX({ scene, view }) {
  if (scene.focus === null) return view.width / 2;
  const x = view.x(scene.starts[scene.focus]);
  return x < 0 || x > view.width ? view.width / 2 : x;
}

function follow({ scene, report }) {
  const attempt = scene.focus ?? selection().attempt;
  if (attempt === null) return;
  const { task } = report.attempts[attempt];
  const isFollowed = selection().task === task;
  select({ task: isFollowed ? null : task, attempt });
  announce(isFollowed ? "All tasks are shown" : `Following ${report.label(task)}`);
}

// A range begins where the attempt that the keyboard is on begins, and ends where one ends.
function bound({ scene, view, span }, side) {
  const { focus } = scene;
  const us = focus === null ? view.range[side] : [scene.starts[focus], scene.ends[focus]][side];
  const range = [...(selection().range ?? span)];
  range[side] = us;
  if (range[0] > range[1]) range[1 - side] = span[1 - side];
  select({ range });
  announce(`Range from ${moment(range[0])} to ${moment(range[1])}`);
}

function leave(timeline) {
  const { task, range, attempt, event, law } = selection();
  if (attempt !== null || event !== null) select({ attempt: null, event: null });
  else if (law !== null) select({ law: null });
  else if (task !== null || range !== null) select({ task: null, range: null });
  else timeline.fit();
}
