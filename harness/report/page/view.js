// Which part of the line is seen, and how wide. Owns: zoom and pan, and the way from a moment to a pixel. Refuses: the
// DOM, and to know what is drawn.

import { niceStep } from "./scale.js";

const DEEPEST_US = 20; // what the whole width shows at the deepest zoom
const BEFORE = 0.02; // room before the run when everything is shown
const AFTER = 0.08; // and after it, where names stand beside the last bars

export class View {
  constructor(scale, width = 1) {
    this.width = width;
    this.use(scale);
  }

  // Another scale for the same part of time, or for all of it.
  use(scale, range = null) {
    this.scale = scale;
    if (range) this.show(range);
    else this.fit();
  }

  get isFitted() {
    const [from, to] = this.#all();
    return this.from <= from + 1e-6 && this.to >= to - 1e-6;
  }

  // Pixels per unit of the line.
  get zoom() {
    return this.width / (this.to - this.from);
  }

  get range() {
    return [this.scale.toUs(this.from), this.scale.toUs(this.to)];
  }

  x(us) {
    return (this.scale.toU(us) - this.from) * this.zoom;
  }

  us(x) {
    return this.scale.toUs(this.from + x / this.zoom);
  }

  fit() {
    [this.from, this.to] = this.#all();
  }

  show([fromUs, toUs]) {
    const from = this.scale.toU(fromUs);
    const to = this.scale.toU(toUs);
    const room = Math.max((to - from) * 0.06, DEEPEST_US / 2);
    this.#set(from - room, to + room);
  }

  // What is at x stays at x.
  zoomAt(x, factor) {
    const fixed = this.from + x / this.zoom;
    const length = Math.max((this.to - this.from) / factor, DEEPEST_US);
    const from = fixed - (x / this.width) * length;
    this.#set(from, from + length);
  }

  panBy(pixels) {
    const by = pixels / this.zoom;
    this.#set(this.from + by, this.to + by);
  }

  // Bring a span into view, if it is not, without changing the zoom.
  reveal(fromUs, toUs = fromUs) {
    const [left, right] = [this.x(fromUs), this.x(toUs)];
    const margin = Math.min(40, this.width / 8);
    if (left < margin || left > this.width - margin) this.panBy(left - this.width / 3);
    else if (right > this.width - margin) this.panBy(Math.min(right - this.width + margin, left - margin));
  }

  #all() {
    const { length } = this.scale;
    return [-length * BEFORE, length * (1 + AFTER)];
  }

  #set(from, to) {
    const [least, most] = this.#all();
    const length = Math.min(to - from, most - least);
    this.from = Math.min(Math.max(from, least), most - length);
    this.to = this.from + length;
  }
}

// Where the ruler has marks: { us, x, digits }, none closer than `apart` pixels to another. First the moments at which a
// fold ends, then round ones between.
export function ticks(view, apart = 90) {
  const { scale, width } = view;
  const [from, to] = view.range;
  const placed = [];
  const isFree = (x) => x >= 0 && x <= width - apart / 2 && placed.every((tick) => Math.abs(tick.x - x) >= apart);
  const step = Math.max(niceStep(apart / view.zoom), 1);
  const digits = Math.max(0, Math.min(6, Math.ceil(-Math.log10(step / 1e6) - 1e-9)));
  for (const [, end] of scale.folds) {
    const x = view.x(end);
    if (end >= from && end <= to && isFree(x)) placed.push({ us: end, x, digits: Math.max(digits, 3) });
  }
  for (const [begin, end] of openPieces(scale, from, to)) {
    for (let us = Math.ceil(begin / step) * step; us <= end; us += step) {
      if (isFree(view.x(us))) placed.push({ us, x: view.x(us), digits });
    }
  }
  return placed.sort((one, other) => one.x - other.x);
}

function openPieces({ folds }, from, to) {
  const pieces = [];
  let begin = from;
  for (const [left, right] of folds) {
    if (right <= from) continue;
    if (left >= to) break;
    if (left > begin) pieces.push([begin, left]);
    begin = right;
  }
  if (begin < to) pieces.push([begin, to]);
  return pieces;
}
