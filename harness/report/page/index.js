// The page of all scenarios. Owns: its table, filter, figures, and the way into a comparison. Refuses: what a scenario's
// own page shows.

import { comparison } from "./compare.js";
import { el, fill } from "./dom.js";
import { count, duration } from "./format.js";
import { showTheme } from "./frame.js";
import { link } from "./links.js";
import { mark, pill } from "./marks.js";
import { attemptsSpark, median, trendSpark } from "./sparks.js";
import { table } from "./table.js";

const RULINGS = ["violated", "undecided", "holds", "not exercised"];
const SHOWN = {
  all: ["All", () => true],
  good: ["As expected", ({ is_as_expected: isIt }) => isIt === true],
  bad: ["Not as expected", ({ is_as_expected: isIt }) => isIt !== true],
};

const index = JSON.parse(document.getElementById("data").textContent);
const runsOf = new Map(index.runs.map((run) => [run.name, [...(index.former[run.name] ?? []), run]]));

showTheme(document.getElementById("page-tools"));
showFigures(document.getElementById("figures"));
const compare = showComparison();
showScenarios(document.getElementById("scenarios-body"));

function showFigures(root) {
  const { runs } = index;
  const good = runs.filter(SHOWN.good[1]).length;
  const [virtual, wall] = ["virtual_us", "wall_us"].map((name) => runs.reduce((sum, run) => sum + (run[name] ?? 0), 0));
  const rulings = RULINGS.map((ruling) => [ruling, runs.reduce((sum, run) => sum + (run.rulings[ruling] ?? 0), 0)]);
  const [chords, races] = ["chords", "races"].map((name) => runs.reduce((sum, run) => sum + run[name], 0));
  const fact = (name, value, small) => el("div", {}, el("dt", { text: name }), el("dd", {}, value, el("small", { text: small })));
  fill(root, el("dl", { class: "facts" },
    fact("As expected", el("span", { class: good === runs.length ? "tone-good" : "tone-bad" }, mark(good === runs.length ? "holds" : "violated"), ` ${good} of ${runs.length}`), good === runs.length ? "every scenario" : `${runs.length - good} not`),
    fact("Laws", rulings[0][1] ? `${rulings[0][1]} violated` : `${rulings[2][1]} hold`, `${rulings[2][1]} hold, ${rulings[3][1]} not exercised, ${rulings[1][1]} undecided`),
    fact("Attempts", String(runs.reduce((sum, run) => sum + run.attempts_n, 0)), count(runs.reduce((sum, run) => sum + (run.retries ?? []).length, 0), "retry", "retries")),
    fact("Virtual time", duration(virtual), "all scenarios together"),
    fact("Wall time", duration(wall), virtual > wall && wall > 0 ? `${(virtual / wall).toFixed(1)} times faster` : "all scenarios together"),
    isOfRaces() && fact("Races", `${races} of ${chords}`, good === runs.length ? bound(races) : "not all as expected: no bound")));
}

// Where chords are many, it is their races that one looks for.
function isOfRaces() {
  return index.runs.some(({ chords }) => chords > 1);
}

// Of n races without a failure: with 95 % certainty failures are no more frequent than 3/n.
function bound(races) {
  return races === 0 ? "no race, and so no bound" : `at 95 %, at most ${Math.min(100, 300 / races).toFixed(2)} % fail`;
}

function showScenarios(root) {
  const state = { words: "", shown: "all" };
  const says = el("span", { class: "soft", role: "status" });
  const shown = table({ label: "Table of scenarios", columns: columns(), isStacking: true, empty: "No scenario is left by the filter." });
  const show = () => {
    const wanted = state.words.trim().toLowerCase();
    const left = index.runs.filter((run) => SHOWN[state.shown][1](run) && (!wanted || `${run.name} ${run.title} ${run.outcome_text}`.toLowerCase().includes(wanted)));
    says.textContent = left.length === index.runs.length ? count(left.length, "scenario") : `${left.length} of ${count(index.runs.length, "scenario")}`;
    shown.show(left);
  };
  const words = el("input", { type: "search", placeholder: "Filter scenarios", aria: { label: "Filter scenarios by words" }, on: { input: () => { state.words = words.value; show(); } } });
  const buttons = Object.entries(SHOWN).map(([name, [text, is]]) => el("button", {
    class: "button", type: "button", data: { shown: name }, aria: { pressed: String(name === state.shown) }, text: `${text} ${index.runs.filter(is).length}`,
    on: { click: () => {
      state.shown = name;
      for (const one of buttons) one.setAttribute("aria-pressed", String(one.dataset.shown === name));
      show();
    } },
  }));
  fill(root, el("div", { class: "card" }, el("div", { class: "toolbar" }, words, el("div", { class: "segmented" }, buttons), el("span", { class: "grow" }), says), shown.node));
  show();
}

function columns() {
  return [
    { title: "Scenario", cell: scenario, sort: ({ name }) => name, class: "scenario" },
    { title: "Outcome", cell: outcome, sort: ({ is_as_expected: isIt }) => (isIt === true ? 2 : isIt === false ? 0 : 1) },
    { title: "Laws", cell: rulings, sort: (run) => (run.rulings.violated ?? 0) * 1e6 + (run.rulings.undecided ?? 0) * 1e3 + (run.rulings.holds ?? 0), isNumber: false },
    { title: "Attempts", cell: (run) => el("span", { class: "attempts" }, run.spark && attemptsSpark(run.spark), el("span", { class: "num", text: run.attempts_n })), sort: (run) => run.attempts_n, class: "attempts-cell" },
    ...(isOfRaces() ? [{ title: "Races", isNumber: true, cell: (run) => `${run.races} of ${run.chords}`, sort: (run) => run.races }] : []),
    { title: "Virtual time", isNumber: true, cell: (run) => duration(run.virtual_us), sort: (run) => run.virtual_us },
    { title: "Wall time", isNumber: true, cell: (run) => duration(run.wall_us), sort: (run) => run.wall_us },
    { title: "Clock", cell: (run) => el("span", { title: run.clock?.why_real ?? null, text: run.clock?.kind ?? "–" }), sort: (run) => run.clock?.kind ?? null },
    ...(index.runs.some((run) => runsOf.get(run.name).length > 1) ? [{ title: "Against former runs", cell: trend, sort: change }] : []),
  ];
}

function scenario(run) {
  return [run.page ? el("a", { href: run.page, text: run.name }) : el("span", { text: run.name }), run.title && run.title !== run.name && el("span", { class: "soft scenario-title", text: run.title })];
}

function outcome(run) {
  const ruling = run.is_as_expected === true ? "holds" : run.is_as_expected === false ? "violated" : "undecided";
  const text = run.outcome_text ?? run.ending ?? "no outcome";
  return [pill(ruling, run.is_as_expected === true ? "as expected" : run.is_as_expected === false ? "not as expected" : "not told"),
    el("span", { class: "soft scenario-title", text: run.is_as_expected === false && run.expected_outcome ? `${text}, expected ${run.expected_outcome}` : text }),
    run.unexpected?.length > 0 && el("span", { class: "tone-bad scenario-title", text: run.unexpected.join(", ") })];
}

function rulings(run) {
  const counts = RULINGS.map((ruling) => [ruling, run.rulings[ruling] ?? 0]).filter(([, n]) => n > 0);
  return [
    el("span", { class: "stack", aria: { hidden: "true" } }, counts.map(([ruling, n]) => el("span", { class: `stack-part part-${ruling.replaceAll(" ", "-")}`, style: { "flex-grow": n } }))),
    el("span", { class: "counts" }, counts.map(([ruling, n]) => el("span", { class: "nowrap" }, mark(ruling), ` ${n} `, el("span", { class: "soft", text: ruling === "holds" ? "hold" : ruling })))),
  ];
}

// ---- against former runs -------------------------------------------------------------------------------------------

function trend(run) {
  const runs = runsOf.get(run.name);
  if (runs.length < 2) return el("span", { class: "soft", text: "the first one" });
  const [by, former] = [change(run), runs.length - 1];
  const text = by === null ? "" : Math.abs(by) < 0.005 ? "as long as" : `${by > 0 ? "+" : "−"}${Math.abs(by * 100).toFixed(0)} % of`;
  return [
    el("span", { class: "attempts" }, trendSpark(runs.map(({ wall_us: value, is_as_expected: isGood }) => ({ value, isGood }))),
      link("Compare", () => {
        compare(run.name);
        document.getElementById("compare").scrollIntoView();
        document.getElementById("compare-title").focus({ preventScroll: true });
      }, { aria: { label: `Compare runs of ${run.name}` } })),
    el("span", { class: "soft scenario-title", text: `${text} the median wall time of ${former === 1 ? "1 run" : `${former} runs`} before` }),
  ];
}

// By which part a run's wall time differs from the median of the ones before it.
function change(run) {
  const former = runsOf.get(run.name).slice(0, -1).map(({ wall_us: us }) => us).filter((us) => us !== null && us > 0);
  const usual = median(former);
  return usual === null || run.wall_us === null ? null : run.wall_us / usual - 1;
}

function showComparison() {
  const section = document.getElementById("compare");
  section.hidden = document.getElementById("compare-link").hidden = ![...runsOf.values()].some((runs) => runs.length > 1);
  return comparison(document.getElementById("compare-body"), runsOf);
}
