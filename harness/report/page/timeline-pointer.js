// The timeline by pointer. Owns: hovering, choosing, moving, choosing a range on the ruler, zooming by wheel or pinch.

import { pick } from "./pick.js";
import { RULER } from "./scene.js";
import { select, selection } from "./selection.js";
import { hideTip, showTip } from "./timeline-tip.js";

const CLICK = 4; // a press that moves less than this is a click

export function listenToPointer(timeline) {
  const { canvas } = timeline;
  let press = null;
  canvas.addEventListener("pointermove", (event) => {
    if (press) drag(timeline, press, place(timeline, event));
    else hover(timeline, place(timeline, event), event);
  });
  canvas.addEventListener("pointerleave", () => {
    timeline.scene.hover = null;
    hideTip(timeline);
    timeline.redraw();
  });
  canvas.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    const at = place(timeline, event);
    press = { ...at, last: at, isBrush: at.y < RULER || event.shiftKey, isMoved: false };
    canvas.setPointerCapture(event.pointerId);
    hideTip(timeline);
  });
  const release = (event) => {
    if (press && event.type === "pointerup") finish(timeline, press, place(timeline, event));
    timeline.scene.brush = null;
    press = null;
    timeline.redraw();
  };
  canvas.addEventListener("pointerup", release);
  canvas.addEventListener("pointercancel", release);
  canvas.addEventListener("dblclick", (event) => {
    const found = pick(timeline.scene, ...Object.values(place(timeline, event)));
    if (found?.kind === "attempt") select({ task: timeline.report.attempts[found.index].task });
  });
  for (const one of [canvas, timeline.overview]) one.addEventListener("wheel", (event) => turn(timeline, event, one), { passive: false });
}

function place({ canvas }, { clientX, clientY }) {
  const { left, top } = canvas.getBoundingClientRect();
  return { x: clientX - left, y: clientY - top };
}

function hover(timeline, { x, y }, event) {
  const { scene, canvas } = timeline;
  const found = pick(scene, x, y);
  const attempt = found?.kind === "attempt" ? found.index : null;
  canvas.style.cursor = y < RULER ? "col-resize" : found && found.kind !== "fold" ? "pointer" : "grab";
  if (attempt !== scene.hover) {
    scene.hover = attempt;
    timeline.redraw();
  }
  if (found) showTip(timeline, found, event);
  else hideTip(timeline);
}

function drag(timeline, press, { x, y }) {
  if (!press.isMoved && Math.hypot(x - press.x, y - press.y) < CLICK) return;
  press.isMoved = true;
  const { scene, scroller, canvas } = timeline;
  if (press.isBrush) {
    scene.brush = [press.x, x].map((one) => inSpan(timeline, one)).sort((one, other) => one - other);
    timeline.redraw();
  } else {
    canvas.style.cursor = "grabbing";
    scene.view.panBy(press.last.x - x);
    scroller.scrollTop += press.last.y - y;
    timeline.changed();
  }
  press.last = { x, y };
}

function inSpan({ scene, span }, x) {
  return Math.round(Math.min(Math.max(scene.view.us(x - scene.gutter), span[0]), span[1]));
}

function finish(timeline, press, { x, y }) {
  if (press.isBrush && press.isMoved) select({ range: timeline.scene.brush });
  else if (!press.isMoved) choose(timeline, x, y);
}

function choose(timeline, x, y) {
  const found = pick(timeline.scene, x, y);
  const { report } = timeline;
  if (found?.kind === "attempt") select({ attempt: found.index, event: null });
  else if (found?.kind === "retry") select({ attempt: report.retries[found.index].to ?? report.retries[found.index].from, event: null });
  else if (found?.kind === "fold" && y < RULER) timeline.show(timeline.view.scale.folds[found.index]);
  else if (y < RULER && selection().range !== null) select({ range: null });
  else select({ attempt: null, event: null });
}

// With Ctrl (which is what a pinch on a touchpad sends), or over ruler and overview, the wheel zooms; sideways it moves;
// else it scrolls rows and page as anywhere.
function turn(timeline, event, over) {
  const { x, y } = place(timeline, event);
  const isZoom = event.ctrlKey || event.metaKey || over === timeline.overview || (y >= 0 && y < RULER);
  const step = event.deltaMode === 1 ? 16 : 1;
  if (isZoom && event.deltaY !== 0) {
    event.preventDefault();
    timeline.zoom(Math.exp(-Math.max(Math.min(event.deltaY * step, 200), -200) * 0.004), Math.max(x - timeline.scene.gutter, 0));
  } else if (event.deltaX !== 0 || event.shiftKey) {
    event.preventDefault();
    timeline.view.panBy((event.deltaX || event.deltaY) * step);
    timeline.changed();
  }
  hideTip(timeline);
}
