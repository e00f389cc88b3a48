// Reports told by hand, as the page's data: what is not said is empty.

const NO_EVENTS = { kinds: ["Seen"], fields: [[]], sources: ["worker-1-1"], texts: ["seen"], rows: [] };

export function told(parts = {}) {
  return {
    format: 1, kind: "run", run: { span_us: [0, 1_000_000], tolerance_us: 50_000 }, missing: [], values: [], tasks: [], attempts: [],
    processes: [{ source: "worker-1-1", process: "worker-1", role: "pool", pid: 1, died_us: null }], retries: [], messages: [], chords: [],
    faults: [], laws: [], events: NO_EVENTS, ...parts,
  };
}

export function task(name, attempts = [], more = {}) {
  return { id: name, name: `shop.tasks.${name}`, final: "succeeded", attempts, ...more };
}

export function attempt(taskIndex, start, end, more = {}) {
  return { task: taskIndex, process: 0, retries: 0, start, end, closed: end, ending: "succeeded", events: [], message: null, exception: null, args: null, kwargs: null, returned: null, ...more };
}
