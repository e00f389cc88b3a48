// Pictures as small as a word: a run's attempts, a figure over former runs. Owns: these two. Refuses: to stand alone;
// whoever uses them says the same in words.

import { svg } from "./dom.js";
import { toneOf } from "./marks.js";

const [WIDTH, HEIGHT] = [150, 22];

// A run's attempts from left to right, each a bar in the colour of its ending, one above the other where they overlap.
export function attemptsSpark(attempts) {
  const end = Math.max(1, ...attempts.map(([from, to]) => to ?? from));
  const free = [];
  const placed = attempts.map(([from, to, ending]) => {
    let lane = free.findIndex((until) => until <= from);
    if (lane < 0) lane = free.length;
    free[lane] = Math.max(to ?? end, from + end / WIDTH);
    return { from, to: to ?? end, ending, lane };
  });
  const high = HEIGHT / Math.max(3, free.length);
  return svg("svg", { class: "spark", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, width: WIDTH, height: HEIGHT, aria: { hidden: "true" } },
    svg("line", { class: "axis-line", x1: 0, x2: WIDTH, y1: HEIGHT - 0.5, y2: HEIGHT - 0.5 }),
    placed.map(({ from, to, ending, lane }) => svg("rect", {
      class: `bar-${toneOf(ending)}`, x: (from / end) * (WIDTH - 3), width: Math.max(2.5, ((to - from) / end) * (WIDTH - 3)),
      y: HEIGHT - 1 - (lane + 1) * high, height: Math.max(1.5, high - 1),
    })));
}

// Figures of former runs and the newest one, oldest first; a run that was not as expected is a cross instead of a dot.
export function trendSpark(values) {
  const [width, height, room] = [96, 22, 4];
  const top = Math.max(1, ...values.map(({ value }) => value ?? 0));
  const points = values.map(({ value, isGood }, i) => ({
    x: room + (values.length === 1 ? 1 : i / (values.length - 1)) * (width - 2 * room), y: height - room - ((value ?? 0) / top) * (height - 2 * room), isGood,
  }));
  return svg("svg", { class: "spark", viewBox: `0 0 ${width} ${height}`, width, height, aria: { hidden: "true" } },
    svg("polyline", { class: "trend-line", points: points.map(({ x, y }) => `${x.toFixed(1)},${y.toFixed(1)}`).join(" ") }),
    points.map(({ x, y, isGood }, i) => svg("path", {
      class: isGood === false ? "trend-bad" : i === points.length - 1 ? "trend-new" : "trend-dot",
      d: isGood === false ? `M${x - 2.5} ${y - 2.5}l5 5m0-5l-5 5` : `M${x - 1.6} ${y}a1.6 1.6 0 1 0 3.2 0a1.6 1.6 0 1 0-3.2 0`,
    })));
}

export function median(values) {
  if (values.length === 0) return null;
  const sorted = [...values].sort((one, other) => one - other);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
