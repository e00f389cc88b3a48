// The canvas as people draw it: what comes after lies further on, what goes on side by side lies side by side. Owns: where
// nodes, frames and edges lie. Refuses: the DOM. Series-parallel, so no edge ever crosses a node.

const NODE = { width: 172, height: 60 };
const NARROW_NODE = { width: 128, height: 60 };
const NEXT = 46; // between a step and the one after it
const BESIDE = 14; // between members of a group
const FRAME = 12; // around the members of a group
const CAPTION = 16; // the frame's name
const JOIN = 14; // where the members of a chord meet
const MOST_MEMBERS = 12;
const FIRST_MEMBERS = 8;

// { nodes, frames, joins, edges, width, height }. `isDown`: from top to bottom, for narrow windows. `opened`: the set of
// groups (as nodes of the data) that are shown with all their members.
export function layout(dag, { isDown = false, opened = new Set() } = {}) {
  const { width, height, nodes, frames, joins, edges } = block(dag, { isDown, opened });
  return { width, height, nodes, frames, joins, edges };
}

// A block: its size, what is in it, and where edges enter and leave.
function block(node, options) {
  const inner = {
    task: () => leaf({ kind: "task", task: node.task, name: node.name }, options),
    more: () => leaf(node, options),
    chain: () => series(node.of.map((one) => block(one, options)), options, "next"),
    group: () => framed(parallel(members(node, node.of, options), options), "group"),
    several: () => parallel(node.of.map((one) => block(one, options)), options),
    chord: () => chord(node, options),
  }[node.kind]?.() ?? leaf({ kind: "task", task: null, name: node.kind }, options);
  const called = [["link", node.link ?? []], ["error", node.link_error ?? []]].flatMap(([kind, nodes]) => nodes.map((one) => [kind, one]));
  return called.reduce((so, [kind, one]) => hung(so, block(one, options), kind, options), inner);
}

function leaf(what, { isDown }) {
  const { width, height } = isDown ? NARROW_NODE : NODE;
  const node = { ...what, x: 0, y: 0, width, height };
  return { width, height, nodes: [node], frames: [], joins: [], edges: [], entries: [node], exits: [node] };
}

// Of a group with many members the first are shown, and one node that stands for the others.
function members(node, of, options) {
  if (of.length <= MOST_MEMBERS || options.opened.has(node)) return of.map((one) => block(one, options));
  const hidden = of.slice(FIRST_MEMBERS);
  const more = { kind: "more", group: node, tasks: hidden.flatMap(tasksOf), count: hidden.length };
  return [...of.slice(0, FIRST_MEMBERS).map((one) => block(one, options)), block(more, options)];
}

export function tasksOf(node) {
  const parts = [...(node.of ?? []), ...(node.header ?? []), ...(node.body ? [node.body] : []), ...(node.link ?? []), ...(node.link_error ?? [])];
  return [...(node.kind === "task" ? [node.task] : []), ...parts.flatMap(tasksOf)];
}

function chord(node, options) {
  const header = framed(parallel(members(node, node.header, options), options), "chord");
  const join = { x: 0, y: 0, width: JOIN, height: JOIN };
  const meeting = { width: JOIN, height: JOIN, nodes: [], frames: [], joins: [join], edges: [], entries: [join], exits: [join] };
  return series([header, meeting, ...(node.body ? [block(node.body, options)] : [])], options, "next");
}

function series(blocks, { isDown }, kind) {
  if (blocks.length === 0) return { width: 0, height: 0, nodes: [], frames: [], joins: [], edges: [], entries: [], exits: [] };
  const across = Math.max(...blocks.map((one) => (isDown ? one.width : one.height)));
  let along = 0;
  const placed = blocks.map((one) => {
    const moved = isDown ? shifted(one, (across - one.width) / 2, along) : shifted(one, along, (across - one.height) / 2);
    along += (isDown ? one.height : one.width) + NEXT;
    return moved;
  });
  const joined = placed.slice(1).flatMap((one, i) => between(placed[i].exits, one.entries, kind, isDown));
  const size = isDown ? { width: across, height: along - NEXT } : { width: along - NEXT, height: across };
  return { ...merged(placed), ...size, edges: [...placed.flatMap(({ edges }) => edges), ...joined], entries: placed[0].entries, exits: placed.at(-1).exits };
}

function parallel(blocks, { isDown }) {
  const along = Math.max(0, ...blocks.map((one) => (isDown ? one.height : one.width)));
  let across = 0;
  const placed = blocks.map((one) => {
    const moved = isDown ? shifted(one, across, 0) : shifted(one, 0, across);
    across += (isDown ? one.width : one.height) + BESIDE;
    return moved;
  });
  const size = isDown ? { width: across - BESIDE, height: along } : { width: along, height: across - BESIDE };
  return { ...merged(placed), ...size, entries: placed.flatMap(({ entries }) => entries), exits: placed.flatMap(({ exits }) => exits) };
}

function framed(one, caption) {
  const inner = shifted(one, FRAME, FRAME + CAPTION);
  const [width, height] = [one.width + 2 * FRAME, one.height + 2 * FRAME + CAPTION];
  return { ...inner, width, height, frames: [{ x: 0, y: 0, width, height, caption }, ...inner.frames] };
}

// A callback hangs below what calls it.
function hung(one, called, kind, { isDown }) {
  if (one.exits.length === 0) return called;
  const indent = isDown ? 40 : NODE.width / 2 + 18;
  const below = shifted(called, indent, one.height + BESIDE + 8);
  const from = one.exits.at(-1);
  const edges = below.entries.map((to) => ({
    kind, points: [[from.x + 22, from.y + from.height], [from.x + 22, to.y + to.height / 2], [to.x, to.y + to.height / 2]],
  }));
  const all = merged([one, below]);
  return {
    ...all, edges: [...all.edges, ...edges], entries: one.entries, exits: one.exits,
    width: Math.max(one.width, called.width + indent), height: one.height + BESIDE + 8 + called.height,
  };
}

function between(exits, entries, kind, isDown) {
  return exits.flatMap((from) => entries.map((to) => ({
    kind,
    points: isDown
      ? [[from.x + from.width / 2, from.y + from.height], [to.x + to.width / 2, to.y]]
      : [[from.x + from.width, from.y + from.height / 2], [to.x, to.y + to.height / 2]],
  })));
}

function merged(blocks) {
  const all = (name) => blocks.flatMap((one) => one[name]);
  return { nodes: all("nodes"), frames: all("frames"), joins: all("joins"), edges: all("edges") };
}

// Moves a block. Nodes are moved in place, for entries and exits are the same objects.
function shifted(one, dx, dy) {
  for (const item of [...one.nodes, ...one.frames, ...one.joins]) {
    item.x += dx;
    item.y += dy;
  }
  for (const edge of one.edges) edge.points = edge.points.map(([x, y]) => [x + dx, y + dy]);
  return one;
}
