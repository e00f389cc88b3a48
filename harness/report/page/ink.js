// Text and shapes on a canvas. Owns: fonts, measuring (kept, for it is the dearest thing on a canvas), shortening.

const widths = new Map();
const MOST_KEPT = 20_000;

function font({ colours }, size, weight) {
  return `${weight} ${size}px ${colours.font}`;
}

export function textWidth(context, scene, words, size, weight = 400) {
  const key = `${weight} ${size} ${words}`;
  let width = widths.get(key);
  if (width === undefined) {
    context.font = font(scene, size, weight);
    width = context.measureText(words).width;
    if (widths.size > MOST_KEPT) widths.clear();
    widths.set(key, width);
  }
  return width;
}

// Text with its middle at y. With `room`, what does not fit is cut and says so.
export function text(context, scene, words, x, y, { size = 11, weight = 400, colour = scene.colours.ink, align = "left", room = Infinity } = {}) {
  const shown = room === Infinity ? words : fitted(context, scene, words, room, size, weight);
  if (!shown) return;
  context.font = font(scene, size, weight);
  context.fillStyle = colour;
  context.textAlign = align;
  context.textBaseline = "middle";
  context.fillText(shown, x, y);
}

export function fitted(context, scene, words, room, size, weight) {
  if (textWidth(context, scene, words, size, weight) <= room) return words;
  let low = 0;
  let high = words.length;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (textWidth(context, scene, `${words.slice(0, middle)}\u2026`, size, weight) <= room) low = middle;
    else high = middle - 1;
  }
  return low > 0 ? `${words.slice(0, low).trimEnd()}\u2026` : "";
}

export function rounded(context, x, y, width, height, radius) {
  context.beginPath();
  context.roundRect(x, y, width, height, radius);
}

const paths = new Map();

// One of the shapes of marks.js, in a square of `size` with its corner at x, y.
export function shape(context, d, x, y, size, colour, width = 1.8) {
  if (!paths.has(d)) paths.set(d, new Path2D(d));
  context.save();
  context.translate(x, y);
  context.scale(size / 12, size / 12);
  context.strokeStyle = colour;
  context.lineWidth = width;
  context.lineCap = "round";
  context.lineJoin = "round";
  context.stroke(paths.get(d));
  context.restore();
}
