// What the reader has chosen. Owns: one store, which every section reads and may change. Refuses: to know who shows it.
//
//   range    [from, to] in us: sections show what touches it        | null
//   task     index of the task that is followed                     | null
//   attempt  index of the attempt whose details are shown           | null
//   event    index of the one event that is pointed at              | null
//   law      { law: i, evidence: j }: whose evidence is highlighted | null

const NOTHING = { range: null, task: null, attempt: null, event: null, law: null };

let chosen = { ...NOTHING };
const subscribers = new Set();

export function selection() {
  return chosen;
}

// select({ task: 3 }) changes what it names and leaves the rest. Subscribers are told once, and only of a change.
export function select(change) {
  const before = chosen;
  const after = { ...before, ...change };
  if (after.range && after.range[0] > after.range[1]) after.range = [after.range[1], after.range[0]];
  const changed = Object.keys(NOTHING).filter((name) => !isSame(before[name], after[name]));
  if (changed.length === 0) return;
  chosen = after;
  for (const tell of [...subscribers]) tell(after, new Set(changed));
}

export function clear() {
  select(NOTHING);
}

// subscribe((selection, changed) => ...): `changed` is the set of names that differ. Returns what ends it.
export function subscribe(tell) {
  subscribers.add(tell);
  return () => subscribers.delete(tell);
}

function isSame(one, other) {
  return one === other || JSON.stringify(one) === JSON.stringify(other);
}
