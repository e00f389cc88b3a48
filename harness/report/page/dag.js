// The canvas: which task comes after which, how each ended, and after how many attempts. Owns: nodes as buttons over a
// drawing of edges, and a list that says the same. Choosing a node follows its task everywhere, and the other way round.

import { layout } from "./dag-layout.js";
import { el, fill, svg } from "./dom.js";
import { count, duration } from "./format.js";
import { mark, pill, toneOf } from "./marks.js";
import { select, selection, subscribe } from "./selection.js";

const NARROW = 600;
const MARGIN = 8;
const MOST_MARKS = 7;

export function build(root, report) {
  const opened = new Set();
  const board = el("div", { class: "dag-board" });
  const said = el("div", { class: "dag-said" });
  const list = el("details", {}, el("summary", { text: "The canvas as a list" }));
  fill(root, el("div", { class: "card" }, el("div", { class: "dag-scroller", tabindex: "0", role: "region", aria: { label: "The canvas" } }, board), said), list);
  const draw = () => drawBoard(board, report, { isDown: root.clientWidth < NARROW, opened, redraw: draw });
  list.addEventListener("toggle", () => list.open && list.children.length === 1 && list.append(el("ul", { class: "dag-list" }, listItem(report, report.dag))));
  let width = 0;
  new ResizeObserver(() => {
    // Only what changes the direction is drawn anew.
    const isOther = (width < NARROW) !== (root.clientWidth < NARROW) || width === 0;
    width = root.clientWidth;
    if (isOther) draw();
    showChosen(board, said, report);
  }).observe(root);
  subscribe((_, changed) => (changed.has("task") || changed.has("attempt")) && showChosen(board, said, report));
}

function drawBoard(board, report, { isDown, opened, redraw }) {
  const picture = layout(report.dag, { isDown, opened });
  const size = { width: `${picture.width + 2 * MARGIN}px`, height: `${picture.height + 2 * MARGIN}px` };
  for (const [name, value] of Object.entries(size)) board.style.setProperty(name, value);
  const open = (group) => {
    opened.add(group);
    redraw();
  };
  fill(board, edges(picture, isDown), picture.nodes.map((node) => (node.kind === "more" ? moreNode(report, node, open) : taskNode(report, node))));
}

function edges({ frames, joins, edges: lines, width, height }, isDown) {
  return svg("svg", { class: "dag-edges", width: width + 2 * MARGIN, height: height + 2 * MARGIN, viewBox: `${-MARGIN} ${-MARGIN} ${width + 2 * MARGIN} ${height + 2 * MARGIN}`, aria: { hidden: "true" } },
    frames.map(({ x, y, width: w, height: h, caption }) => svg("g", {},
      svg("rect", { class: "dag-frame", x, y, width: w, height: h, rx: 10 }), svg("text", { class: "dag-caption", x: x + 12, y: y + 18, text: caption }))),
    lines.map(({ kind, points }) => svg("path", { class: `dag-edge is-${kind}`, d: path(points, isDown) })),
    joins.map(({ x, y, width: w, height: h }) => svg("path", { class: "dag-join", d: `M${x} ${y + h / 2}L${x + w / 2} ${y}L${x + w} ${y + h / 2}L${x + w / 2} ${y + h}Z` })));
}

function path(points, isDown) {
  if (points.length > 2) return `M${points.map((point) => point.join(" ")).join("L")}`;
  const [[x1, y1], [x2, y2]] = points;
  const half = isDown ? (y2 - y1) / 2 : (x2 - x1) / 2;
  return isDown ? `M${x1} ${y1}C${x1} ${y1 + half} ${x2} ${y2 - half} ${x2} ${y2}` : `M${x1} ${y1}C${x1 + half} ${y1} ${x2 - half} ${y2} ${x2} ${y2}`;
}

function place({ x, y, width, height }) {
  return { left: `${x + MARGIN}px`, top: `${y + MARGIN}px`, width: `${width}px`, height: `${height}px` };
}

function taskNode(report, node) {
  const { task, name } = node;
  if (task === null) {
    return el("div", { class: "dag-node tone-quiet is-never", style: place(node) }, el("span", { class: "dag-name" }, mark("never ran"), el("span", { text: name })), el("span", { class: "dag-note", text: "never sent" }));
  }
  const { final } = report.tasks[task];
  return el("button", {
    class: `dag-node tone-${toneOf(final)}${final === "never ran" ? " is-never" : ""}`, type: "button", style: place(node), data: { task },
    aria: { pressed: "false", label: `${report.label(task)}: ${says(report, task)}` }, on: { click: () => select({ task: selection().task === task ? null : task }) },
  }, el("span", { class: "dag-name" }, mark(final), el("span", { text: report.label(task) })), el("span", { class: "dag-note" }, notes(report, task)));
}

// One small shape per attempt, then how long the task took from its first start to its last end.
function notes(report, task) {
  const { attempts, final } = report.tasks[task];
  if (attempts.length === 0) return el("span", { text: final });
  const shown = attempts.slice(0, MOST_MARKS);
  return [
    attempts.length > 1 && el("span", { class: "dag-attempts" }, shown.map((i) => mark(report.attempts[i].ending)), attempts.length > shown.length && el("span", { text: `+${attempts.length - shown.length}` })),
    el("span", { text: duration(took(report, task)) }),
  ];
}

function took(report, task) {
  const { attempts } = report.tasks[task];
  return Math.max(...attempts.map((i) => report.endOf(i))) - Math.min(...attempts.map((i) => report.attempts[i].start));
}

function says(report, task) {
  const { attempts, final } = report.tasks[task];
  return attempts.length ? `${final}, ${count(attempts.length, "attempt")}, ${duration(took(report, task))}` : final;
}

function moreNode(report, node, open) {
  const finals = new Map();
  for (const task of node.tasks) {
    const final = task === null ? "never ran" : report.tasks[task].final;
    finals.set(final, (finals.get(final) ?? 0) + 1);
  }
  const words = [...finals].map(([final, n]) => `${n} ${final}`).join(", ");
  return el("button", { class: "dag-node tone-quiet is-more", type: "button", style: place(node), on: { click: () => open(node.group) }, title: "Show all members" },
    el("span", { class: "dag-name", text: `${node.count} more` }), el("span", { class: "dag-note", text: words }));
}

function showChosen(board, said, report) {
  const { task, attempt } = selection();
  const chosen = task ?? (attempt === null ? null : report.attempts[attempt].task);
  for (const node of board.querySelectorAll("[data-task]")) {
    const isChosen = Number(node.dataset.task) === chosen;
    node.classList.toggle("is-chosen", isChosen);
    node.setAttribute("aria-pressed", String(task !== null && Number(node.dataset.task) === task));
  }
  if (chosen === null) return fill(said);
  const { final, why_not: why, name } = report.tasks[chosen];
  return fill(said, el("p", {}, pill(final), " ", el("strong", { text: report.label(chosen) }), ` ${says(report, chosen)}`), why && el("p", { text: why }), name !== report.label(chosen) && el("p", { class: "soft", text: name }));
}

// ---- the same as a list -------------------------------------------------------------------------------------------

const KINDS = { chain: "in order", group: "side by side", chord: "side by side, then the body", several: "sent separately" };

function listItem(report, node) {
  const called = [...(node.link ?? []).map((one) => ["then calls", one]), ...(node.link_error ?? []).map((one) => ["on failure calls", one])];
  const calls = called.map(([how, one]) => el("ul", {}, el("li", {}, `${how}: `, el("ul", {}, listItem(report, one)))));
  if (node.kind === "task") {
    return el("li", {}, node.task === null ? `${node.name}: never sent` : `${report.label(node.task)}: ${says(report, node.task)}`, calls);
  }
  const parts = [...(node.of ?? node.header ?? []), ...(node.body ? [node.body] : [])];
  return el("li", {}, `${node.kind} (${KINDS[node.kind] ?? ""})`, el("ul", {}, parts.map((one) => listItem(report, one))), calls);
}
