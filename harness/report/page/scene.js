// What a painter of the timeline needs, in one place. Owns: the way from a fact to a place on the canvas, and which
// attempts are to be drawn at all. Refuses: to paint.

import { toneOf } from "./marks.js";
import { lastAtMost } from "./scale.js";
import { attemptIsWithin } from "./within.js";

export const RULER = 42;
const NARROWEST = 3; // of bars, in pixels
// What may hide what, where two bars share a pixel.
const GRAVITY = { good: 0, quiet: 1, open: 2, again: 3, odd: 4, bad: 5, lost: 6 };

export class Scene {
  constructor(report, view, layout) {
    Object.assign(this, { report, view, layout, gutter: 0, width: 0, height: 0, scroll: 0, focus: null, hover: null, brush: null });
    this.starts = Float64Array.from(report.attempts, ({ start }) => start);
    this.ends = Float64Array.from(report.attempts, (_, i) => report.endOf(i));
    this.gravity = Uint8Array.from(report.attempts, ({ ending }) => GRAVITY[toneOf(ending)]);
    this.messageTo = new Int32Array(report.attempts.length).fill(-1);
    report.attempts.forEach(({ message }, i) => message !== null && (this.messageTo[i] = message));
    this.chordOfEvent = new Map(report.chords.flatMap(({ counts, claim_event: claim }, chord) =>
      [...counts.map(({ event }) => [event, chord]), [claim, chord]]));
  }

  x(us) {
    return this.gutter + this.view.x(us);
  }

  // Where an attempt's bar begins and ends. Kept per scale: a frame asks for all of them.
  startX(attempt) {
    return this.gutter + (this.#places().starts[attempt] - this.view.from) * this.view.zoom;
  }

  endX(attempt) {
    return this.gutter + (this.#places().ends[attempt] - this.view.from) * this.view.zoom;
  }

  #places() {
    const { scale } = this.view;
    if (this.placed?.scale !== scale) {
      const onScale = (moments) => moments.map((us) => scale.toU(us));
      this.placed = { scale, starts: onScale(this.starts), ends: onScale(this.ends) };
    }
    return this.placed;
  }

  y(contentY) {
    return RULER + contentY - this.scroll;
  }

  // The rows that are in sight, first to last.
  rows() {
    const { rows, tops } = this.layout;
    const first = Math.max(lastAtMost(tops, this.scroll), 0);
    const last = lastAtMost(tops, this.scroll + this.height - RULER);
    return rows.slice(first, last + 1);
  }

  // { x, y, width, height } of an attempt's bar, wherever it is.
  box(attempt) {
    const place = this.layout.placeOf[attempt];
    if (!place) return null;
    const x = this.startX(attempt);
    return { x, y: this.y(place.y), width: Math.max(this.endX(attempt) - x, NARROWEST), height: place.height };
  }

  // Where an event is to be pointed at, or null of one that lies on no row.
  spot(event) {
    const { report, layout } = this;
    const x = this.x(report.events.us[event]);
    const attempt = report.attemptOfEvent[event];
    if (attempt >= 0 && layout.placeOf[attempt]) {
      const { row, y, height } = layout.placeOf[attempt];
      return { x, y: this.y(y + height / 2), row };
    }
    const row = this.#rowOf(event);
    return row ? { x, y: this.y(row.y + row.height / 2), row } : null;
  }

  #rowOf(event) {
    const { report, layout } = this;
    const chord = this.chordOfEvent.get(event);
    if (chord !== undefined) return layout.rows.find(({ kind, index }) => kind === "chord" && index === chord);
    const message = report.messageOfEvent[event];
    if (message >= 0 && report.messages[message].by === "experiment" && layout.senderRow) return layout.senderRow;
    const { task, source } = report.events;
    return layout.rowOfProcess.get(source[event]) ?? layout.rowOfTask.get(task[event]) ?? layout.senderRow;
  }

  // The attempts of a row that are in sight. Of many on the same pixel, the gravest is given, and stands for the rest.
  visible(row) {
    const found = [];
    const [from, to] = this.view.range;
    for (const level of row.levels) {
      let i = this.#firstEndingAfter(level, from);
      let right = -Infinity;
      let grave = -1;
      for (; i < level.length && this.starts[level[i]] <= to; i += 1) {
        const attempt = level[i];
        const end = Math.max(this.endX(attempt), this.startX(attempt) + 1);
        const isHidden = end <= right + 1;
        if (isHidden && this.gravity[attempt] <= grave) continue;
        if (isHidden) found[found.length - 1] = attempt;
        else found.push(attempt);
        right = Math.max(right, end);
        grave = this.gravity[attempt];
      }
    }
    return found;
  }

  #firstEndingAfter(level, from) {
    let low = 0;
    let high = level.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.ends[level[middle]] < from) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  isWithin(attempt) {
    return attemptIsWithin(this.report, attempt, this.selection);
  }
}
