// The buttons over the timeline. Owns: lanes, folding, zoom, the range. Each has a key too (timeline-keys.js).

import { el, fill } from "./dom.js";
import { duration, moment } from "./format.js";
import { select, selection, subscribe } from "./selection.js";

const FACTOR = 1.6;

export function showTools(timeline) {
  const button = (text, says, run, pressed) => el("button", { class: "button", type: "button", text, title: says, aria: { label: says, pressed }, on: { click: run } });
  const lane = { worker: button("Workers", "Lanes by worker process (T)", () => timeline.setLanes("worker"), "true"),
    task: button("Tasks", "Lanes by task (T)", () => timeline.setLanes("task"), "false") };
  const folding = button("Fold idle time", "Fold stretches in which nothing happens (I)", () => timeline.setFolding(!timeline.isFolded), "true");
  const all = button("Fit", "Show the whole run (0)", () => timeline.fit());
  const inside = button("+", "Zoom in (+)", () => timeline.zoom(FACTOR));
  const outside = button("\u2212", "Zoom out (\u2212)", () => timeline.zoom(1 / FACTOR));
  const toRange = button("Zoom to range", "Show the chosen range as wide as the timeline", () => timeline.show(selection().range));
  const noRange = button("Clear range", "Show the whole run everywhere", () => select({ range: null }));
  const seen = el("span", { class: "soft timeline-seen" });
  fill(timeline.tools,
    el("span", { class: "soft wide", text: "Lanes" }),
    el("div", { class: "segmented", role: "group", aria: { label: "Lanes" } }, lane.worker, lane.task),
    timeline.folds.length > 0 && folding,
    el("span", { class: "grow" }), seen, toRange, noRange,
    el("div", { class: "segmented", role: "group", aria: { label: "Zoom" } }, outside, all, inside));
  timeline.onChange = () => {
    for (const [name, one] of Object.entries(lane)) one.setAttribute("aria-pressed", String(timeline.scene.layout.by === name));
    folding.setAttribute("aria-pressed", String(timeline.isFolded));
    const [from, to] = timeline.view.range;
    seen.textContent = timeline.view.isFitted ? "" : `${duration(to - from)} from ${moment(from)}`;
    outside.disabled = timeline.view.isFitted;
  };
  const showRange = () => {
    for (const one of [toRange, noRange]) one.hidden = selection().range === null;
  };
  subscribe(showRange);
  showRange();
  timeline.onChange();
}
