// Races: how the last members of each chord ended together, how far apart, and what that supports. Owns: these pictures
// and the sentence of the bound. Refuses: to say what a race is, which is decided by the order of Redis's commands.

import { distribution } from "./distribution.js";
import { el, fill, svg } from "./dom.js";
import { count, duration } from "./format.js";
import { link, taskLink, withRoom } from "./links.js";
import { mark } from "./marks.js";
import { goTo } from "./section.js";
import { select } from "./selection.js";
import { table } from "./table.js";

// Distances are binned by their size: 10 µs, 32 µs, 100 µs and so on.
const PER_DECADE = 2;
const DRAWN = 40;
const [WIDTH, ROW, LEFT, RIGHT] = [1000, 16, 130, 90];

export function isShown(report) {
  return counted(report).length > 1;
}

export function counted(report) {
  return report.chords.map((chord, i) => ({ chord, i })).filter(({ chord }) => chord.overlap !== null && chord.overlap !== undefined);
}

export function build(root, report) {
  const chords = counted(report).sort((one, other) => distanceOf(one) - distanceOf(other));
  const races = chords.filter(({ chord }) => chord.overlap.is_race);
  const shown = table({ label: "Chords, by how their last two members ended", columns: columns(report) });
  shown.show(chords);
  fill(root,
    el("p", { class: "conclusion" }, mark(races.length ? "holds" : "not exercised"), " ", el("strong", { text: `${races.length} of ${count(chords.length, "chord")} were races. ` }), conclusion(report, races.length)),
    el("h3", { class: "below", text: "How far apart the last two members were counted" }), distances(chords.map(distanceOf)),
    el("h3", { class: "below", text: "How members overlapped" }), overlaps(report, chords),
    el("details", { class: "card below", open: chords.length <= DRAWN }, el("summary", { text: "All chords as a table" }), shown.node));
}

// Of n races without a failure: with 95 % certainty failures are no more frequent than 3/n.
export function conclusion(report, races) {
  if (races === 0) return "No race, and so no bound: nothing is shown of chords whose last members end at the same time.";
  if (report.run.is_as_expected !== true) return "Not everything came as expected, so nothing is said about how rare that is.";
  const bound = (report.own?.races?.bound ?? Math.min(1, 3 / races)) * 100;
  return `No failure among them: with 95 % certainty at most ${bound.toFixed(2)} % of such races fail (3/n); chords that were none are not counted.`;
}

function distanceOf({ chord }) {
  return chord.overlap.distance_us;
}

export function decades(values) {
  const known = values.filter((us) => us !== null).map((us) => Math.max(1, us));
  const exponents = known.map((us) => Math.floor(Math.log10(us) * PER_DECADE));
  const [low, high] = [Math.min(...exponents), Math.max(...exponents)];
  const counts = Array.from({ length: high - low + 1 }, (_, i) => exponents.filter((one) => one === low + i).length);
  return { counts, edges: Array.from({ length: counts.length + 1 }, (_, i) => 10 ** ((low + i) / PER_DECADE)) };
}

function distances(values) {
  if (!values.some((us) => us !== null)) return el("p", { class: "soft", text: "Not recorded." });
  const { counts, edges } = decades(values);
  return distribution({ label: "Distance of the last two counts", counts, edges: edges.map((us) => duration(Math.round(us))) });
}

// ---- how members overlapped ----------------------------------------------------------------------------------------

// Of each chord a row: every count as a tick, seen from the last one back; the last two are the ones that raced.
function overlaps(report, chords) {
  const holder = el("div");
  const show = (from) => {
    const some = chords.slice(from, from + DRAWN);
    fill(holder, rowsPicture(report, some), chords.length > DRAWN && el("p", { class: "chooser no-print" },
      el("button", { class: "button", type: "button", disabled: from === 0, text: "Nearer together", on: { click: () => show(Math.max(0, from - DRAWN)) } }),
      el("span", { class: "soft", text: `${from + 1} to ${from + some.length} of ${chords.length}` }),
      el("button", { class: "button", type: "button", disabled: from + DRAWN >= chords.length, text: "Farther apart", on: { click: () => show(from + DRAWN) } })));
  };
  show(0);
  return holder;
}

function rowsPicture(report, chords) {
  const longest = Math.max(1, ...chords.map(({ chord }) => (chord.counts.length ? chord.counts.at(-1).at - chord.counts[0].at : 0)));
  const x = (us) => LEFT + (1 - us / longest) * (WIDTH - LEFT - RIGHT);
  const height = chords.length * ROW + 22;
  return el("div", { class: "card is-padded side-scroll", tabindex: "0", role: "region", aria: { label: "How members overlapped" } },
    svg("svg", { class: "overlaps", viewBox: `0 0 ${WIDTH} ${height}`, width: WIDTH, height, role: "img", aria: { label: "Each chord's counts, seen back from its last one; the table below has the distances" } },
      chords.flatMap(({ chord }, row) => chordRow(report, chord, row, x)),
      svg("text", { class: "axis", x: LEFT, y: height - 5, text: `${duration(longest)} before the last` }),
      svg("text", { class: "axis", x: WIDTH - RIGHT, y: height - 5, "text-anchor": "end", text: "last count" })));
}

function chordRow(report, chord, row, x) {
  const y = row * ROW + ROW / 2;
  const last = chord.counts.at(-1)?.at ?? 0;
  const isRace = chord.overlap.is_race;
  return [
    svg("text", { class: "axis", x: 0, y: y + 4, text: `${chord.body === null ? "chord" : report.label(chord.body)} (${chord.size ?? chord.members.length})` }),
    svg("line", { class: "axis-line", x1: LEFT, x2: WIDTH - RIGHT, y1: y, y2: y }),
    ...chord.counts.map(({ at }, i) => {
      const isLast = i >= chord.counts.length - 2;
      return svg("path", { class: isLast ? `tick is-last ${isRace ? "tone-good" : ""}` : "tick", d: `M${x(last - at).toFixed(1)} ${y - (isLast ? 6 : 4)}v${isLast ? 12 : 8}` });
    }),
    svg("text", { class: "axis", x: WIDTH - RIGHT + 8, y: y + 4, text: `${isRace ? "race" : ""} ${duration(chord.overlap.distance_us)}` }),
  ];
}

function columns(report) {
  return [
    { title: "Chord", cell: ({ chord, i }) => (chord.body === null ? `chord ${i + 1}` : taskLink(report, chord.body)), sort: ({ i }) => i },
    { title: "Members", isNumber: true, cell: ({ chord }) => String(chord.size ?? chord.members.length), sort: ({ chord }) => chord.size ?? chord.members.length },
    { title: "Race", cell: ({ chord }) => (chord.overlap.is_race ? [mark("holds"), " yes"] : "no"), sort: ({ chord }) => Number(chord.overlap.is_race) },
    { title: "Last two apart", isNumber: true, cell: ({ chord }) => duration(chord.overlap.distance_us), sort: ({ chord }) => chord.overlap.distance_us },
    { title: "First to last", isNumber: true, cell: ({ chord }) => duration(spread(chord)), sort: ({ chord }) => spread(chord) },
    { title: "Last count to body's message", isNumber: true, cell: ({ chord }) => duration(trigger(chord)), sort: ({ chord }) => trigger(chord) },
    { title: "Timeline", cell: ({ chord }) => (chord.counts.length ? link("Show", () => {
      select({ task: null, range: withRoom(report, chord.counts[0].at, chord.triggered ?? chord.counts.at(-1).at) });
      goTo("timeline", { isFocused: true });
    }) : "") },
  ];
}

function spread({ counts }) {
  return counts.length ? counts.at(-1).at - counts[0].at : null;
}

function trigger({ counts, triggered }) {
  return counts.length && triggered !== null ? triggered - counts.at(-1).at : null;
}
