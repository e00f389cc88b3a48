import assert from "node:assert/strict";
import { test } from "node:test";

import { layout, tasksOf } from "../page/dag-layout.js";

const t = (task) => ({ kind: "task", task, name: `t${task}` });
const chain = (...of) => ({ kind: "chain", of });
const group = (...of) => ({ kind: "group", of });
const DIAMOND = chain(t(0), { kind: "chord", header: [t(1), chain(t(2), t(3))], body: t(4) }, t(5));

const at = ({ nodes }, task) => nodes.find((node) => node.task === task);
const overlap = (one, other) => one.x < other.x + other.width && other.x < one.x + one.width && one.y < other.y + other.height && other.y < one.y + one.height;

test("what comes after lies further right, what is side by side lies side by side", () => {
  const drawn = layout(DIAMOND);
  assert.ok(at(drawn, 0).x < at(drawn, 1).x && at(drawn, 1).x === at(drawn, 2).x && at(drawn, 2).x < at(drawn, 3).x);
  assert.ok(at(drawn, 3).x < at(drawn, 4).x && at(drawn, 4).x < at(drawn, 5).x);
  assert.ok(at(drawn, 1).y < at(drawn, 2).y);
});

test("in a narrow window it lies further down instead", () => {
  const drawn = layout(DIAMOND, { isDown: true });
  assert.ok(at(drawn, 0).y < at(drawn, 1).y && at(drawn, 3).y < at(drawn, 4).y && at(drawn, 1).x < at(drawn, 2).x);
});

test("no node lies on another, and all lie within the picture", () => {
  const called = { ...DIAMOND, link: [t(6)], link_error: [t(7)] };
  for (const isDown of [false, true]) {
    const { nodes, width, height } = layout(chain(called, group(t(8), group(t(9), t(10)))), { isDown });
    nodes.forEach((one, i) => nodes.slice(i + 1).forEach((other) => assert.ok(!overlap(one, other), `${one.name} ${other.name}`)));
    for (const { x, y, width: w, height: h } of nodes) assert.ok(x >= 0 && y >= 0 && x + w <= width && y + h <= height);
  }
});

test("every edge leaves a node and arrives at one, wherever these came to lie", () => {
  const { nodes, joins, edges } = layout({ ...chain(t(0), DIAMOND), link_error: [t(7)] });
  const touches = ([x, y]) => [...nodes, ...joins].some((one) => x >= one.x && x <= one.x + one.width && y >= one.y && y <= one.y + one.height);
  for (const { points } of edges) assert.ok(touches(points[0]) && touches(points.at(-1)));
  assert.deepEqual(edges.map(({ kind }) => kind).sort(), ["error", "next", "next", "next", "next", "next", "next", "next", "next"].sort());
});

test("all members of a chord lead to where they meet, and only that leads to its body", () => {
  const { edges, joins } = layout({ kind: "chord", header: [t(1), t(2), t(3)], body: t(4) });
  assert.equal(joins.length, 1);
  assert.equal(edges.filter(({ points }) => points[1][0] === joins[0].x).length, 3);
  assert.equal(edges.filter(({ points }) => points[0][0] === joins[0].x + joins[0].width).length, 1);
});

test("a group of many shows some and one that stands for the rest, until it is opened", () => {
  const many = group(...Array.from({ length: 30 }, (_, i) => t(i)));
  const { nodes } = layout(many);
  assert.equal(nodes.length, 9);
  assert.deepEqual([nodes[8].kind, nodes[8].count, nodes[8].tasks.length], ["more", 22, 22]);
  assert.equal(layout(many, { opened: new Set([many]) }).nodes.length, 30);
});

test("tasks are found wherever they stand", () => {
  assert.deepEqual(tasksOf({ ...DIAMOND, link: [t(6)], link_error: [t(7)] }).sort(), [0, 1, 2, 3, 4, 5, 6, 7]);
});

test("an empty chain, and a kind that nobody knows, break nothing", () => {
  assert.equal(layout(chain()).nodes.length, 0);
  assert.deepEqual(layout({ kind: "starmap" }).nodes.map(({ name }) => name), ["starmap"]);
});
