// Distributions: how figures fall into bins, and the picture of that beside what was expected. Owns: bins, bounds, bars.
// Refuses: to say where the figures come from. Everything that the picture shows is in its table too.

import { el, svg } from "./dom.js";
import { scrolling } from "./table.js";

const NINETY_FIVE = 1.96;
const WIDTH = 640;
const HEIGHT = 150;
const FOOT = 22;

// Equal bins over [low, high]; the last one includes its upper edge.
export function binned(values, low, high, bins) {
  const counts = new Array(bins).fill(0);
  for (const value of values) {
    const place = Math.floor(((value - low) / (high - low)) * bins);
    counts[Math.min(bins - 1, Math.max(0, place))] += 1;
  }
  return counts;
}

// Of n draws, how many a bin that has this share of them may hold in 95 of 100 cases.
export function bounds(n, share) {
  const expected = n * share;
  const room = NINETY_FIVE * Math.sqrt(n * share * (1 - share));
  return { expected, low: Math.max(0, expected - room), high: Math.min(n, expected + room) };
}

// A picture of counts, with what was expected of each bin as a band (null: nothing was), and the same as a table.
// `edges` are the bins' labels: one more than there are bins.
export function distribution({ label, counts, edges, expected = null, unit = "" }) {
  const top = Math.max(1, ...counts, expected ? expected.high : 0);
  const wide = WIDTH / counts.length;
  const y = (n) => (HEIGHT - FOOT) * (1 - n / top);
  const picture = svg("svg", { class: "distribution", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", aria: { label: `${label}; the table below has the same figures` } },
    counts.map((n, i) => svg("rect", { class: "count", x: i * wide + 1.5, y: y(n), width: wide - 3, height: HEIGHT - FOOT - y(n) })),
    expected && svg("rect", { class: "bounds", x: -2, y: y(expected.high), width: WIDTH + 4, height: Math.max(1, y(expected.low) - y(expected.high)) }),
    expected && svg("line", { class: "expected", x1: 0, x2: WIDTH, y1: y(expected.expected), y2: y(expected.expected) }),
    edges.map((edge, i) => (i % Math.ceil(edges.length / 6) === 0 || i === edges.length - 1) && svg("text", {
      x: i * wide, y: HEIGHT - 5, class: "axis", "text-anchor": i === 0 ? "start" : i === edges.length - 1 ? "end" : "middle", text: edge,
    })));
  const rows = counts.map((n, i) => el("tr", {}, el("th", { scope: "row", text: `${edges[i]} to ${edges[i + 1]}${unit}` }),
    el("td", { class: "num", text: n }), expected && el("td", { class: "num", text: expected.expected.toFixed(1) }),
    expected && el("td", { class: "num", text: `${Math.ceil(expected.low)} to ${Math.floor(expected.high)}` })));
  return el("figure", { class: "figure" }, picture,
    el("details", {}, el("summary", { text: "The same as a table" }), scrolling(label, el("table", {},
      el("thead", {}, el("tr", {}, el("th", { scope: "col", text: "Bin" }), el("th", { scope: "col", class: "num", text: "Count" }),
        expected && el("th", { scope: "col", class: "num", text: "Expected" }), expected && el("th", { scope: "col", class: "num", text: "In 95 of 100 cases" }))),
      el("tbody", {}, rows)))));
}
