// Going from attempt to attempt by keyboard. Owns: which one is next. Refuses: the DOM.

// "next" and "previous" in time among those that are within the selection, "above" and "below" the nearest in time on the
// next row that has any. Returns an attempt's index, or the one it was given where there is no other.
export function walk(scene, from, direction) {
  const order = inOrder(scene);
  if (order.length === 0) return null;
  if (from === null || !order.includes(from)) return direction === "previous" || direction === "last" ? order.at(-1) : firstInView(scene, order);
  if (direction === "first") return order[0];
  if (direction === "last") return order.at(-1);
  if (direction === "next") return order[Math.min(order.indexOf(from) + 1, order.length - 1)];
  if (direction === "previous") return order[Math.max(order.indexOf(from) - 1, 0)];
  return acrossRows(scene, from, direction === "above" ? -1 : 1, new Set(order));
}

function inOrder(scene) {
  const { selection, report } = scene;
  if (scene.order?.selection === selection && scene.order.layout === scene.layout) return scene.order.attempts;
  const attempts = report.attempts.map((_, i) => i).filter((i) => scene.layout.placeOf[i] && scene.isWithin(i));
  attempts.sort((one, other) => scene.starts[one] - scene.starts[other] || one - other);
  scene.order = { selection, layout: scene.layout, attempts };
  return attempts;
}

function firstInView(scene, order) {
  const [from] = scene.view.range;
  return order.find((attempt) => scene.ends[attempt] >= from) ?? order[0];
}

function acrossRows(scene, from, step, allowed) {
  const { rows, placeOf } = scene.layout;
  const start = scene.starts[from];
  for (let i = rows.indexOf(placeOf[from].row) + step; i >= 0 && i < rows.length; i += step) {
    const candidates = rows[i].levels.flat().filter((attempt) => allowed.has(attempt));
    if (candidates.length === 0) continue;
    return candidates.reduce((best, one) => (Math.abs(scene.starts[one] - start) < Math.abs(scene.starts[best] - start) ? one : best));
  }
  return from;
}
