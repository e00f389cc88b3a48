// Comparison of two runs, as it is shown: two choices, and what differs. Owns: this panel. Refuses: to compare (comparing.js).

import { compared } from "./comparing.js";
import { el, fill } from "./dom.js";
import { mark } from "./marks.js";
import { scrolling } from "./table.js";

// comparison(root, all): `all` says by scenario which runs there are, oldest first. Returns a function that compares the
// newest run of a scenario with the one before it.
export function comparison(root, all) {
  const names = [...all.keys()].filter((name) => all.get(name).length > 1);
  const state = { isWhole: false };
  const scenario = chooser("Scenario", names.map((name) => [name, name]));
  const [left, right] = [chooser("First run", []), chooser("Second run", [])];
  const result = el("div");
  const whole = el("button", { class: "button", type: "button", aria: { pressed: "false" }, text: "Show what is the same too" });
  const show = () => fill(result, shown(all.get(scenario.value)[left.value], all.get(scenario.value)[right.value], state.isWhole));
  const offer = (name) => {
    const runs = all.get(name);
    for (const select of [left, right]) fill(select, runs.map((run, i) => el("option", { value: i, text: nameOf(run, i === runs.length - 1) })));
    left.value = String(runs.length - 2);
    right.value = String(runs.length - 1);
    show();
  };
  scenario.addEventListener("change", () => offer(scenario.value));
  left.addEventListener("change", show);
  right.addEventListener("change", show);
  whole.addEventListener("click", () => {
    state.isWhole = !state.isWhole;
    whole.setAttribute("aria-pressed", String(state.isWhole));
    show();
  });
  if (names.length === 0) return () => {};
  fill(root, el("div", { class: "card" }, el("div", { class: "toolbar" }, scenario, left, el("span", { class: "soft", text: "beside" }), right, el("span", { class: "grow" }), whole), result));
  offer(names[0]);
  return (name) => {
    scenario.value = name;
    offer(name);
  };
}

export function nameOf(run, isNewest) {
  const folder = run.folder.split("/").filter((part) => part !== ".." && part !== run.name).join("/");
  const when = run.at_iso ? run.at_iso.slice(0, 19).replace("T", " ") : null;
  return [isNewest ? "this run" : folder || run.id, when].filter(Boolean).join(", ");
}

function chooser(label, options) {
  return el("select", { aria: { label } }, options.map(([value, text]) => el("option", { value, text })));
}

function shown(one, other, isWhole) {
  const groups = compared(one, other);
  const differences = groups.flatMap(({ rows }) => rows).filter(({ differs }) => differs).length;
  const left = groups.map(({ title, rows }) => ({ title, rows: isWhole ? rows : rows.filter(({ differs }) => differs) })).filter(({ rows }) => rows.length > 0);
  return [
    el("p", { class: "soft compare-says", role: "status", text: differences === 0 ? "Nothing differs but what a machine's pace does." : `${differences} ${differences === 1 ? "thing differs" : "things differ"}.` }),
    left.length > 0 && scrolling("Differences between two runs", el("table", { class: "compared" },
      el("thead", {}, el("tr", {}, el("th", { scope: "col", text: "What" }), el("th", { scope: "col", text: "First run" }), el("th", { scope: "col", text: "Second run" }))),
      left.map(({ title, rows }) => el("tbody", {},
        el("tr", {}, el("th", { scope: "rowgroup", colspan: 3, class: "group-title", text: title })),
        rows.map((row) => el("tr", { class: row.differs ? "differs" : null },
          el("th", { scope: "row" }, row.differs && el("span", { class: "visually-hidden", text: "differs: " }), row.name),
          cell(row.one), cell(row.other))))))),
  ];
}

function cell(text) {
  return text === null ? el("td", { class: "soft", text: "–" }) : el("td", {}, MARKED.has(text) && [mark(text), " "], text);
}

const MARKED = new Set(["holds", "violated", "undecided", "not exercised"]);
