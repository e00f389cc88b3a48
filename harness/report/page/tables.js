// Tables that a scenario brings along: shown as they are. Owns: nothing but their look.

import { el, fill } from "./dom.js";
import { table } from "./table.js";

export function isShown(report) {
  return report.tables.length > 0;
}

export function build(root, report) {
  fill(root, report.tables.map(({ title, columns, rows }) => {
    const shown = table({ label: title, columns: columns.map((name, i) => ({
      title: name, isNumber: rows.length > 0 && rows.every((row) => typeof row[i] === "number"), sort: (row) => row[i] ?? null,
      cell: (row) => String(row[i] ?? "–"),
    })) });
    shown.show(rows);
    return el("div", { class: "below" }, el("h3", { text: title }), el("div", { class: "card" }, shown.node));
  }));
}
