// What surrounds the sections: rulings at a glance, the theme, the filter that is on, the command to copy. Owns: the
// page's head and its bar. Refuses: the sections. The head's text itself is in the template, for readers without scripts.

import { el, fill } from "./dom.js";
import { moment } from "./format.js";
import { mark, pill } from "./marks.js";
import { goTo } from "./section.js";
import { clear, select, selection, subscribe } from "./selection.js";

export function showFrame(report) {
  showOutcome(report);
  showRulings(report);
  showTheme(document.getElementById("page-tools"));
  showCopying(document.getElementById("repeat"));
  showFilter(report, document.getElementById("filter"));
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !event.defaultPrevented && !event.target.matches("input, select, textarea")) clear();
  });
}

// Say something to a screen reader.
export function announce(text) {
  document.getElementById("live").textContent = text;
}

function showOutcome({ run }) {
  const node = document.getElementById("outcome");
  const wasGood = run.is_as_expected ?? run.outcome === "success";
  fill(node, pill(run.outcome === null ? "undecided" : wasGood ? "success" : "failure", node.textContent.trim()));
}

function showRulings(report) {
  const list = document.getElementById("rulings");
  const exercised = report.laws.map((law, i) => ({ ...law, i })).filter(({ ruling }) => ruling !== "not exercised");
  const worstFirst = ["violated", "undecided", "holds"];
  exercised.sort((one, other) => worstFirst.indexOf(one.ruling) - worstFirst.indexOf(other.ruling));
  fill(list, exercised.map(({ i, name, ruling, is_expected: isExpected }) => {
    const says = `${name}: ${ruling}${isExpected && ruling === "violated" ? ", as expected" : ""}`;
    const follow = (event) => {
      event.preventDefault();
      if (report.laws[i].evidence.length) select({ law: { law: i, evidence: 0 } });
      goTo("laws", { isFocused: true });
    };
    return el("li", { class: `is-${ruling}` },
      el("a", { href: "#laws", title: says, on: { click: follow } }, mark(ruling),
        el("span", { text: name }), el("span", { class: "visually-hidden", text: `: ${ruling}` })));
  }));
}

// ---- theme --------------------------------------------------------------------------------------------------------

const THEMES = ["auto", "light", "dark"];

export function showTheme(root) {
  const kept = remembered() ?? "auto";
  const button = el("button", { class: "button", type: "button" });
  let theme = THEMES.includes(kept) ? kept : "auto";
  const apply = () => {
    if (theme === "auto") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
    fill(button, el("span", { class: "wide", text: "Theme:" }), el("span", { text: theme }));
    button.setAttribute("aria-label", `Theme: ${theme}`);
    window.dispatchEvent(new Event("themechange"));
  };
  button.addEventListener("click", () => {
    theme = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length];
    remember(theme);
    apply();
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => window.dispatchEvent(new Event("themechange")));
  apply();
  root.append(button);
}

// A page that was opened from disk may have no storage: then the choice lasts as long as the page.
function remembered() {
  try {
    return localStorage.getItem("canvas-harness-theme");
  } catch {
    return null;
  }
}

function remember(theme) {
  try {
    localStorage.setItem("canvas-harness-theme", theme);
  } catch {
    // as above
  }
}

// ---- the command that repeats the run -----------------------------------------------------------------------------

function showCopying(root) {
  if (!root) return;
  const code = root.querySelector("code");
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(code.textContent);
      announce("Copied");
      button.textContent = "Copied";
    } catch {
      // No clipboard for pages from disk in some browsers: the text is selected, and the keyboard does the rest.
      getSelection().selectAllChildren(code);
      button.textContent = "Selected";
    }
  };
  const button = el("button", { class: "button no-print", type: "button", text: "Copy", on: { click: copy } });
  root.append(button);
}

// ---- the filter that is on ----------------------------------------------------------------------------------------

function showFilter(report, root) {
  const show = () => {
    const { range, task } = selection();
    root.hidden = range === null && task === null;
    fill(root, el("span", { class: "soft", text: "Showing" }),
      range && chip(`${moment(range[0])} to ${moment(range[1])}`, "Remove the range", { range: null }),
      task !== null && chip(`task ${report.label(task)}`, "Stop following the task", { task: null }),
      el("button", { class: "button is-link", type: "button", text: "Show all", on: { click: () => select({ range: null, task: null }) } }));
  };
  subscribe((_, changed) => (changed.has("range") || changed.has("task")) && show());
  show();
}

function chip(text, says, change) {
  return el("button", { class: "button", type: "button", aria: { label: `${text}. ${says}`, pressed: "true" }, title: says, on: { click: () => select(change) } },
    el("span", { text }), mark("failed"));
}
