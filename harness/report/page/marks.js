// How outcomes look: one colour and one shape each, the same on every picture and in every table, so that nothing is
// told by colour alone. Owns: shapes, words. Refuses: to decide what an outcome is. Colours are in style.css.

import { el, svg } from "./dom.js";

// Paths in a square of 12, drawn as strokes.
const SHAPES = {
  tick: "M2.5 6.5 5 9 9.5 3.5",
  cross: "M3 3 9 9M9 3 3 9",
  again: "M9.5 4.2A4 4 0 1 0 10 7M9.8 1.8V4.4H7.2",
  bar: "M2.5 6H9.5",
  slash: "M6 1.5A4.5 4.5 0 1 0 6 10.5 4.5 4.5 0 1 0 6 1.5M3 9 9 3",
  broken: "M7 1 3.5 6.5H8L5 11",
  open: "M3 2.5 9 6 3 9.5Z",
  question: "M4 4.2C4 1.6 8.2 1.8 8.2 4.2 8.2 5.8 6 5.8 6 7.4M6 9.6V10",
  clock: "M6 1.5A4.5 4.5 0 1 0 6 10.5 4.5 4.5 0 1 0 6 1.5M6 3.5V6L8 7.2",
  dot: "M6 4.5A1.5 1.5 0 1 0 6 7.5 1.5 1.5 0 1 0 6 4.5",
};

// What ended how -> the tone (a colour of style.css: --tone-...) and the shape.
const MARKS = {
  succeeded: ["good", "tick"],
  failed: ["bad", "cross"],
  retried: ["again", "again"],
  rejected: ["odd", "slash"],
  ignored: ["quiet", "bar"],
  revoked: ["odd", "slash"],
  expired: ["odd", "clock"],
  lost: ["lost", "broken"],
  running: ["open", "open"],
  "never ran": ["quiet", "bar"],
  holds: ["good", "tick"],
  violated: ["bad", "cross"],
  undecided: ["again", "question"],
  "not exercised": ["quiet", "bar"],
  success: ["good", "tick"],
  failure: ["bad", "cross"],
  "root cause": ["bad", "cross"],
  note: ["quiet", "dot"],
};

export function toneOf(outcome) {
  return (MARKS[outcome] ?? ["quiet", "dot"])[0];
}

export function shapeOf(outcome) {
  return SHAPES[(MARKS[outcome] ?? ["quiet", "dot"])[1]];
}

// The shape alone, for beside a word that says the same: hidden from screen readers.
export function mark(outcome) {
  return svg("svg", { class: `mark tone-${toneOf(outcome)}`, viewBox: "0 0 12 12", width: 12, height: 12, aria: { hidden: "true" } },
    svg("path", { d: shapeOf(outcome) }));
}

// Shape and word together.
export function pill(outcome, text = outcome) {
  return el("span", { class: `pill tone-${toneOf(outcome)}` }, mark(outcome), el("span", { text }));
}
