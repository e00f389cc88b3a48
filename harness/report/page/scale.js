// Time on a line, with stretches in which nothing happened folded. Owns: which stretches are folded, and the way from a
// moment (us) to a place on the line (`u`, as long as the unfolded time) and back. Refuses: pixels and the DOM.

// A stretch is folded when it is longer than this part of all that is shown, counted without what is folded already:
// so a wait of a minute is folded beside seconds of work, and nothing is where things happen all the time. What is shorter
// than a tenth of a second is no waiting: workers, Redis and pools need some milliseconds between any two steps.
const LONGEST_OPEN = 0.08;
const SHORTEST_FOLD_US = 100_000;
// A fold is this part of the whole line, and all folds together are at most that part of it.
const FOLD = 0.065;
const ALL_FOLDS = 0.5;

// The stretches between [begin, end] that no span touches, in order. Spans are [from, to], in any order.
export function idleStretches(spans, [begin, end]) {
  const idle = [];
  let busyUntil = begin;
  for (const [from, to] of [...spans].sort((one, other) => one[0] - other[0])) {
    if (from > busyUntil) idle.push([busyUntil, Math.min(from, end)]);
    busyUntil = Math.max(busyUntil, to);
    if (busyUntil >= end) break;
  }
  if (busyUntil < end) idle.push([busyUntil, end]);
  return idle.filter(([from, to]) => to > from);
}

// Those of the idle stretches that are folded, in order: the longest first, for as long as it stands out.
export function foldsAmong(idle, [begin, end]) {
  const longestFirst = [...idle].sort((one, other) => other[1] - other[0] - (one[1] - one[0]));
  const folded = [];
  let open = end - begin;
  for (const stretch of longestFirst) {
    const length = stretch[1] - stretch[0];
    if (length < SHORTEST_FOLD_US || length <= LONGEST_OPEN * open) break;
    folded.push(withMargins(stretch));
    open -= length;
  }
  return folded.sort((one, other) => one[0] - other[0]);
}

// What ends and what begins keeps a little room on its own side of the fold.
function withMargins([from, to]) {
  const margin = Math.min((to - from) * 0.02, 2_000);
  return [from + margin, to - margin];
}

export class Scale {
  constructor([begin, end], folds = []) {
    const whole = Math.max(end - begin, 1);
    const open = Math.max(whole - folds.reduce((sum, [from, to]) => sum + to - from, 0), 1);
    const part = folds.length ? Math.min(FOLD, ALL_FOLDS / folds.length) : 0;
    const folded = (part * open) / (1 - part * folds.length);
    this.folds = folds;
    this.begin = begin;
    this.end = begin + whole;
    // Knots: at each, the slope changes. Between them, both ways are linear.
    this.us = [begin];
    this.u = [0];
    for (const [from, to] of folds) {
      this.#to(from, from - this.us.at(-1));
      this.#to(to, folded);
    }
    this.#to(this.end, this.end - this.us.at(-1));
    this.length = this.u.at(-1);
  }

  // Beyond both ends, time goes on unfolded.
  toU(us) {
    return between(this.us, this.u, us);
  }

  toUs(u) {
    return between(this.u, this.us, u);
  }

  #to(us, length) {
    this.us.push(us);
    this.u.push(this.u.at(-1) + length);
  }
}

function between(from, to, x) {
  const last = from.length - 1;
  if (x <= from[0]) return to[0] + (x - from[0]);
  if (x >= from[last]) return to[last] + (x - from[last]);
  const i = lastAtMost(from, x);
  const width = from[i + 1] - from[i];
  return width === 0 ? to[i] : to[i] + ((x - from[i]) / width) * (to[i + 1] - to[i]);
}

// The index of the last element that is at most x, or -1. The array is sorted.
export function lastAtMost(sorted, x) {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle] <= x) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

// 1, 2 or 5 times a power of ten, the smallest that is at least x.
export function niceStep(x) {
  const power = 10 ** Math.floor(Math.log10(x));
  const digit = [1, 2, 5, 10].find((one) => one * power >= x * (1 - 1e-9));
  return digit * power;
}
