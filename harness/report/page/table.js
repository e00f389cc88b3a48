// Tables that sort. Owns: header buttons, the order of rows, what stands there when there are none. Refuses: to know
// what the rows are about. A table that is wider than the window scrolls in a region of its own, which the keyboard reaches.

import { el, fill } from "./dom.js";
import { number } from "./format.js";

// So many rows are drawn before a reader asks for more: a table of thousands would hold up all that is around it.
const AT_ONCE = 50;

// table({ label, columns, empty }) with columns { title, cell(row), sort(row)?, isNumber?, help?, class? }. Returns its node and `show`.
// `sort` gives what a row is ordered by; a column without it cannot be sorted. Nulls come last in either direction.
// `isStacking`: where there is little room, a row becomes a card with its columns' titles; the roles say that it is a row still.
export function table({ label, columns, empty = "Nothing to show.", rowClass = () => "", caption = null, isStacking = false }) {
  const body = el("tbody", { role: "rowgroup" });
  const more = el("div", { class: "table-more no-print" });
  const order = { column: null, isDown: false };
  let [rows, drawn] = [[], AT_ONCE];
  const draw = () => {
    const sorted = order.column === null ? rows : ordered(rows, columns[order.column].sort, order.isDown);
    fill(body, sorted.length ? sorted.slice(0, drawn).map((row) => line(row, columns, rowClass)) : nothing(empty, columns.length));
    fill(more, sorted.length > drawn && el("button", { class: "button", type: "button", text: `Show more (${number(sorted.length - drawn)} left)`, on: { click: () => { drawn += 5 * AT_ONCE; draw(); } } }));
  };
  const heads = columns.map((column, place) => head(column, () => {
    order.isDown = order.column === place ? !order.isDown : Boolean(column.isNumber);
    order.column = place;
    heads.forEach(({ mark }, i) => mark(i === place ? order.isDown : null));
    draw();
  }));
  const node = scrolling(label, el("table", { class: isStacking ? "is-stacking" : null, role: "table", aria: { label } },
    caption && el("caption", { text: caption }),
    el("thead", { role: "rowgroup" }, el("tr", { role: "row" }, heads.map((one) => one.node))), body));
  window.addEventListener("beforeprint", () => { drawn = Infinity; draw(); });
  return { node: el("div", {}, node, more), show: (some) => { [rows, drawn] = [some, AT_ONCE]; draw(); } };
}

// What is wider than the window scrolls by itself, and can be scrolled with the keyboard.
export function scrolling(label, ...children) {
  return el("div", { class: "table-wrap", role: "region", tabindex: "0", aria: { label } }, children);
}

export function ordered(rows, sort, isDown) {
  const keyed = rows.map((row) => ({ row, key: sort(row) }));
  keyed.sort((one, other) => {
    if (one.key === null || other.key === null) return Number(one.key === null) - Number(other.key === null);
    const sign = typeof one.key === "string" ? one.key.localeCompare(other.key) : one.key - other.key;
    return isDown ? -sign : sign;
  });
  return keyed.map(({ row }) => row);
}

function head(column, choose) {
  const node = el("th", { scope: "col", role: "columnheader", class: classes(column), title: column.help ?? null });
  if (!column.sort) {
    node.append(column.title);
    return { node, mark: () => {} };
  }
  const arrow = el("span", { class: "sort-arrow", aria: { hidden: "true" } });
  node.append(el("button", { class: "sort", type: "button", on: { click: choose } }, column.title, arrow));
  return {
    node,
    mark: (isDown) => {
      arrow.textContent = isDown === null ? "" : isDown ? "▾" : "▴";
      if (isDown === null) node.removeAttribute("aria-sort");
      else node.setAttribute("aria-sort", isDown ? "descending" : "ascending");
    },
  };
}

function line(row, columns, rowClass) {
  return el("tr", { class: rowClass(row) || null, role: "row" }, columns.map((column, i) => {
    const content = column.cell(row);
    const tag = column.isHead ?? i === 0 ? "th" : "td";
    const isHead = tag === "th";
    return el(tag, { class: classes(column), scope: isHead ? "row" : null, role: isHead ? "rowheader" : "cell", data: { label: column.title } }, content);
  }));
}

function nothing(text, width) {
  return el("tr", { role: "row" }, el("td", { colspan: width, role: "cell", class: "soft", text }));
}

function classes(column) {
  return [column.isNumber && "num", column.class].filter(Boolean).join(" ") || null;
}
