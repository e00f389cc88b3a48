// What Redis held at a moment, replayed from the commands that the recorder saw. Owns: what each command does to queues,
// to what is handed over and not acknowledged, to results and to chords' counts. Refuses: the DOM.

// A command's columns.
export const US = 0;
export const WHAT = 1;
export const PROCESS = 2;
export const TASK = 3;
export const KEY = 4;
export const EVENT = 5;

// Replaying begins at the last of these at most this many commands before.
const EVERY = 1000;

export function empty() {
  return { queues: new Map(), unacked: new Map(), results: new Map(), chords: new Map() };
}

// The state after the command at `place`; before the first one of a history nothing is held.
export function stateAt(rows, place, kept = new Map()) {
  let from = place - ((place + 1) % EVERY);
  while (from >= 0 && !kept.has(from)) from -= EVERY;
  const state = from >= 0 ? copied(kept.get(from)) : empty();
  for (let i = Math.max(0, from + 1); i <= place; i += 1) {
    applied(state, rows[i]);
    if ((i + 1) % EVERY === 0) kept.set(i, copied(state));
  }
  return state;
}

export function applied(state, row) {
  const [, what, process, task, key] = row;
  if (what === "queued") listOf(state.queues, key).push(task);
  else if (what === "taken") { leave(state.queues, key, task); add(state.unacked, task); }
  else if (what === "acked") remove(state.unacked, task);
  else if (what === "result") state.results.set(task, row);
  else if (what === "counted") chordOf(state, key).counted.push(task);
  else if (what === "claimed") chordOf(state, key).claimed = process;
  return state;
}

// How many messages wait in queues and how many are handed over, after each command.
export function depths(rows) {
  let [waiting, held] = [0, 0];
  const state = empty();
  return rows.map((row) => {
    const before = row[WHAT] === "taken" ? sizeOf(state.queues) : 0;
    applied(state, row);
    if (row[WHAT] === "queued") waiting += 1;
    else if (row[WHAT] === "taken") { waiting -= before - sizeOf(state.queues); held += 1; }
    else if (row[WHAT] === "acked") held = total(state.unacked);
    return [row[US], waiting, held];
  });
}

// What of these can be told apart on a picture: for each of its columns the most that there was, then what was left.
export function thinned(depths, column) {
  const left = [];
  for (const [us, waiting, held] of depths) {
    const last = left.at(-1);
    if (last && last.x === column(us)) {
      last.most = [Math.max(last.most[0], waiting), Math.max(last.most[1], held)];
      last.end = [waiting, held];
    } else left.push({ x: column(us), most: [waiting, held], end: [waiting, held] });
  }
  return left;
}

// The commands that moved a chord along: its members' results and counts, who claimed its body, the body's message.
export function movesChord(report, row) {
  const [, what, , task] = row;
  if (what === "counted" || what === "claimed") return true;
  if (task === null || task < 0) return false;
  return what === "queued" ? report.tasks[task].is_body : what === "result" && report.members.has(task);
}

function listOf(map, key) {
  if (!map.has(key)) map.set(key, []);
  return map.get(key);
}

// A message leaves the queue that holds it; the command names the place it goes to, so any queue may be the one.
function leave(queues, key, task) {
  const holds = (list) => list.lastIndexOf(task);
  const named = queues.get(key);
  const list = named && holds(named) >= 0 ? named : [...queues.values()].find((one) => holds(one) >= 0);
  if (list) list.splice(list.indexOf(task), 1);
}

function add(map, task) {
  map.set(task, (map.get(task) ?? 0) + 1);
}

function remove(map, task) {
  const left = (map.get(task) ?? 0) - 1;
  if (left > 0) map.set(task, left);
  else map.delete(task);
}

function chordOf(state, key) {
  if (!state.chords.has(key)) state.chords.set(key, { counted: [], claimed: null });
  return state.chords.get(key);
}

function sizeOf(queues) {
  return [...queues.values()].reduce((sum, list) => sum + list.length, 0);
}

function total(unacked) {
  return [...unacked.values()].reduce((sum, n) => sum + n, 0);
}

function copied({ queues, unacked, results, chords }) {
  return {
    queues: new Map([...queues].map(([key, list]) => [key, [...list]])),
    unacked: new Map(unacked),
    results: new Map(results),
    chords: new Map([...chords].map(([key, { counted, claimed }]) => [key, { counted: [...counted], claimed }])),
  };
}
