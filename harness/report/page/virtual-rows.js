// A grid of any length of which only what is in the window is drawn. Owns: which rows exist at a moment, the active row,
// the keyboard. Refuses: to know what a row is about. Rows are of one height; the grid keeps the focus and names its
// active row, so nothing is lost when a row leaves the window.

import { el, fill } from "./dom.js";

const SPARE = 8;
let grids = 0;

// virtualRows({ label, columns: [{ title, class }], cells(index), rowClass(index)?, onActive(index), height }) has `node`,
// `show(indices)`, `activate(index)`, `redraw()`.
export function virtualRows({ label, columns, cells, rowClass = () => "", onActive = () => {}, height = 30 }) {
  const prefix = `grid${(grids += 1)}`;
  const state = { shown: [], active: -1 };
  const window_ = el("div", { class: "virtual-rows", role: "rowgroup" });
  const space = el("div", { class: "virtual-space", role: "presentation" }, window_);
  const head = el("div", { class: "virtual-head", role: "rowgroup" }, el("div", { class: "virtual-row", role: "row", aria: { rowindex: 1 } },
    columns.map(({ title, class: name }) => el("div", { class: name, role: "columnheader", text: title }))));
  const node = el("div", { class: "virtual", role: "grid", tabindex: "0", aria: { label, rowcount: 1 }, style: { "--row-height": `${height}px` } }, head, space);

  const row = (place) => {
    const index = state.shown[place];
    return el("div", {
      id: `${prefix}-${index}`, class: `virtual-row ${rowClass(index)}`, role: "row", data: { place },
      aria: { rowindex: place + 2, selected: index === state.active ? "true" : "false" },
    }, cells(index).map((content, i) => el("div", { class: columns[i].class, role: "gridcell" }, content)));
  };
  const redraw = () => {
    const first = Math.max(0, Math.floor(node.scrollTop / height) - SPARE);
    const last = Math.min(state.shown.length, first + Math.ceil(Math.max(node.clientHeight, 480) / height) + 2 * SPARE);
    const active = state.shown.indexOf(state.active);
    const places = Array.from({ length: Math.max(0, last - first) }, (_, i) => first + i);
    window_.style.transform = `translateY(${first * height}px)`;
    fill(window_, places.map(row));
    if (active >= first && active < last) node.setAttribute("aria-activedescendant", `${prefix}-${state.active}`);
    else node.removeAttribute("aria-activedescendant");
  };
  const reveal = (place) => {
    const [top, room] = [place * height, node.clientHeight - height];
    if (top < node.scrollTop) node.scrollTop = top;
    else if (top + height > node.scrollTop + room) node.scrollTop = top + height - room;
  };
  const activate = (index) => {
    state.active = index;
    const place = state.shown.indexOf(index);
    if (place >= 0) reveal(place);
    redraw();
  };
  const move = (to) => {
    if (state.shown.length === 0) return;
    onActive(state.shown[Math.min(state.shown.length - 1, Math.max(0, to))]);
  };

  node.addEventListener("scroll", inNextFrame(redraw), { passive: true });
  node.addEventListener("keydown", (event) => {
    const place = state.shown.indexOf(state.active);
    const page = Math.max(1, Math.floor(node.clientHeight / height) - 2);
    const to = { ArrowDown: place + 1, ArrowUp: Math.max(0, place - 1), PageDown: place + page, PageUp: place - page, Home: 0, End: state.shown.length - 1 }[event.key];
    if (to === undefined || event.target !== node) return;
    event.preventDefault();
    move(to);
  });
  window_.addEventListener("click", (event) => {
    const chosen = event.target.closest("[data-place]");
    if (chosen && !event.target.closest("button")) move(Number(chosen.dataset.place));
  });
  const show = (indices) => {
    state.shown = indices;
    node.setAttribute("aria-rowcount", String(indices.length + 1));
    space.style.height = `${indices.length * height}px`;
    redraw();
  };
  return { node, show, activate, redraw };
}

export function inNextFrame(run) {
  let isAsked = false;
  return () => {
    if (isAsked) return;
    isAsked = true;
    requestAnimationFrame(() => { isAsked = false; run(); });
  };
}
