// The timeline: what happened when, and where. Owns: its parts (tools, overview, picture, details, table), what of it is in
// sight, and how it follows the reader's selection. What is painted is in paint.js and its like.

import { el } from "./dom.js";
import { attemptSentence } from "./telling.js";
import { announce } from "./frame.js";
import { lanes } from "./lanes.js";
import { listenToKeys } from "./timeline-keys.js";
import { listenToPointer } from "./timeline-pointer.js";
import { Overview } from "./overview.js";
import { paint } from "./paint.js";
import { palette } from "./palette.js";
import { revealAttempt, revealChosen, revealRows } from "./reveal.js";
import { foldsAmong, idleStretches, Scale } from "./scale.js";
import { RULER, Scene } from "./scene.js";
import { selection, subscribe } from "./selection.js";
import { showDetails } from "./timeline-details.js";
import { showLegend } from "./timeline-legend.js";
import { showTable } from "./timeline-table.js";
import { showTools } from "./timeline-tools.js";
import { View } from "./view.js";

const KEYS = "Arrow keys go from attempt to attempt, Enter shows its details, F follows its task, Escape shows all again. " +
  "Plus and minus zoom, 0 shows everything, Shift with left and right moves, brackets begin and end a range, T changes the lanes, I folds idle time.";

export function build(root, report) {
  const timeline = new Timeline(root, report);
  showTools(timeline);
  showLegend(timeline.legend, report);
  showDetails(timeline.details, timeline);
  showTable(timeline.table, report);
  listenToPointer(timeline);
  listenToKeys(timeline);
}

class Timeline {
  constructor(root, report) {
    this.report = report;
    this.isFolded = true;
    this.span = [report.begin, Math.max(report.end, report.begin + 1)];
    this.folds = foldsAmong(idleStretches(busy(report), this.span), this.span);
    this.#build(root);
    const view = new View(new Scale(this.span, this.folds));
    this.scene = new Scene(report, view, lanes(report, "worker"));
    this.scene.selection = selection();
    this.scene.changed = () => this.changed();
    this.strip = new Overview(this.overview, this.scene);
    this.#watch();
    this.#measure();
    this.#paint();
  }

  get view() {
    return this.scene.view;
  }

  setLanes(by) {
    this.scene.layout = lanes(this.report, by);
    this.#fitHeight();
    const { attempt } = selection();
    if (attempt === null) this.scroller.scrollTop = 0;
    else revealAttempt(this, attempt);
    this.changed();
  }

  setFolding(isFolded) {
    this.isFolded = isFolded;
    const { view } = this;
    view.use(new Scale(this.span, isFolded ? this.folds : []), view.isFitted ? null : view.range);
    this.changed();
  }

  zoom(factor, x = this.view.width / 2) {
    this.view.zoomAt(x, factor);
    this.changed();
  }

  fit() {
    this.view.fit();
    this.changed();
  }

  show(range) {
    this.view.show(range);
    this.changed();
  }

  // The attempt that the keyboard is on.
  focusOn(attempt) {
    this.scene.focus = attempt;
    if (attempt !== null) {
      revealAttempt(this, attempt);
      announce(attemptSentence(this.report, attempt));
    }
    this.redraw();
  }

  // What is in sight has changed: paint, and tell the tools.
  changed() {
    revealRows(this);
    this.onChange?.();
    this.redraw();
  }

  redraw() {
    if (this.isAsked) return;
    this.isAsked = true;
    requestAnimationFrame(() => {
      this.isAsked = false;
      this.#paint();
    });
  }

  #build(root) {
    const part = (name, tag = "div", options = {}) => (this[name] = el(tag, { class: `timeline-${name}`, ...options }));
    part("tools", "div", { class: "toolbar" });
    part("overview", "canvas", { aria: { hidden: "true" } });
    part("canvas", "canvas", { aria: { hidden: "true" } });
    part("holder").append(this.canvas);
    part("scroller", "div", { tabindex: "0", role: "application", aria: { label: "Timeline of attempts", describedby: "timeline-keys" } });
    this.scroller.append(this.holder);
    part("tip", "div", { aria: { hidden: "true" }, hidden: true });
    part("legend", "ul", { aria: { label: "Legend" } });
    part("details");
    part("table", "details");
    const keys = el("p", { id: "timeline-keys", class: "visually-hidden", text: KEYS });
    root.append(el("div", { class: "card timeline" }, this.tools, this.overview, this.scroller, this.tip, this.legend, this.details, keys), this.table);
  }

  #watch() {
    new ResizeObserver(() => {
      this.#measure();
      this.#paint();
      this.onChange?.();
    }).observe(this.scroller);
    this.scroller.addEventListener("scroll", () => this.redraw(), { passive: true });
    window.addEventListener("themechange", () => {
      this.scene.colours = palette(this.scroller);
      this.redraw();
    });
    window.addEventListener("beforeprint", () => this.#print(true));
    window.addEventListener("afterprint", () => this.#print(false));
    subscribe((now, changed) => this.#follow(now, changed));
  }

  #follow(now, changed) {
    this.scene.selection = now;
    revealChosen(this, now, changed);
    this.changed();
  }

  #fitHeight() {
    this.holder.style.height = `${this.scene.layout.height + RULER}px`;
  }

  #measure() {
    const { scene, scroller, canvas, view } = this;
    this.#fitHeight();
    scene.width = scroller.clientWidth;
    scene.height = this.isPrinting ? scene.layout.height + RULER : Math.min(scroller.clientHeight, scene.layout.height + RULER);
    scene.gutter = scene.width < 560 ? 92 : scene.width < 1000 ? 140 : 184;
    scene.ratio = this.isPrinting ? 2 : window.devicePixelRatio || 1;
    const wasFitted = view.isFitted;
    view.width = Math.max(scene.width - scene.gutter, 1);
    if (wasFitted) view.fit();
    canvas.width = Math.round(scene.width * scene.ratio);
    canvas.height = Math.round(scene.height * scene.ratio);
    for (const [name, size] of [["width", scene.width], ["height", scene.height]]) canvas.style[name] = `${size}px`;
    this.overview.style.width = `${scene.width}px`;
    scene.colours ??= palette(scroller);
  }

  #paint() {
    const { scene, canvas } = this;
    if (scene.width === 0) return;
    if (Math.abs(canvas.height - scene.ratio * Math.min(this.scroller.clientHeight, scene.layout.height + RULER)) > 1 && !this.isPrinting) this.#measure();
    scene.scroll = this.isPrinting ? 0 : this.scroller.scrollTop;
    const context = canvas.getContext("2d", { alpha: false });
    context.setTransform(scene.ratio, 0, 0, scene.ratio, 0, 0);
    paint(context, scene);
    this.strip.paint();
  }

  // On paper: all rows, in the colours of the light theme.
  #print(isPrinting) {
    const { dataset } = document.documentElement;
    if (isPrinting) this.themeBefore = dataset.theme;
    this.isPrinting = isPrinting;
    if (isPrinting) dataset.theme = "light";
    else if (this.themeBefore) dataset.theme = this.themeBefore;
    else delete dataset.theme;
    this.scene.colours = palette(this.scroller);
    this.#measure();
    this.#paint();
  }
}

// When anything happened: what lies between may be folded.
function busy(report) {
  const instants = [
    ...report.messages.flatMap(({ sent, delivered }) => [sent, delivered]),
    ...report.retries.map(({ asked_at: asked }) => asked),
    ...report.chords.flatMap(({ counts, triggered }) => [...counts.map(({ at }) => at), triggered]),
    ...report.faults.flatMap(({ from, to }) => [from, to]),
  ].filter((us) => us !== null && us !== undefined);
  return [...report.attempts.map(({ start, closed }, i) => [start, Math.max(report.endOf(i), closed ?? start)]), ...instants.map((us) => [us, us])];
}
