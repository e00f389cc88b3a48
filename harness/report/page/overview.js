// The strip above the timeline: the whole run at a glance, and which part of it is in sight. Owns: its own small canvas.
// It repeats what the timeline and its table say, so it is hidden from screen readers and takes no keyboard focus.

import { toneOf } from "./marks.js";
import { View } from "./view.js";

const HEIGHT = 34;
const BIN = 2; // pixels
const TONES = ["good", "quiet", "open", "again", "odd", "bad", "lost"];

export class Overview {
  constructor(canvas, scene) {
    this.canvas = canvas;
    this.scene = scene;
    canvas.addEventListener("pointerdown", (event) => this.#drag(event));
  }

  paint() {
    const { canvas, scene } = this;
    const { gutter, width, view, colours, ratio } = scene;
    if (this.key !== this.#key() || this.colours !== colours) this.#draw();
    const context = canvas.getContext("2d");
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, canvas.width, canvas.height);
    context.drawImage(this.picture, 0, 0);
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    const [left, right] = [this.whole.x(view.range[0]), this.whole.x(view.range[1])].map((x) => gutter + x);
    context.fillStyle = colours.card;
    context.globalAlpha = 0.65;
    context.fillRect(gutter, 0, left - gutter, HEIGHT);
    context.fillRect(right, 0, width - right, HEIGHT);
    context.globalAlpha = 1;
    if (view.isFitted) return;
    context.strokeStyle = colours.accent;
    context.lineWidth = 1.5;
    context.strokeRect(left, 1, Math.max(right - left, 3), HEIGHT - 2);
  }

  #key() {
    const { gutter, width, ratio, view } = this.scene;
    return [gutter, width, ratio, view.scale.length].join();
  }

  // The whole run, drawn once for all frames until it is wider, folded otherwise, or of another theme.
  #draw() {
    const { canvas, scene } = this;
    const { gutter, width, ratio, view } = scene;
    [this.key, this.colours] = [this.#key(), scene.colours];
    this.picture = document.createElement("canvas");
    for (const one of [canvas, this.picture]) [one.width, one.height] = [Math.round(width * ratio), Math.round(HEIGHT * ratio)];
    this.whole = new View(view.scale, Math.max(width - gutter, 1));
    const context = this.picture.getContext("2d");
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    this.#paintBins(context, this.#count(Math.ceil((width - gutter) / BIN)));
  }

  // How many attempts of each tone run in each of the bins.
  #count(bins) {
    const { scene } = this;
    const found = TONES.map(() => new Uint16Array(bins));
    scene.report.attempts.forEach(({ ending }, i) => {
      const counts = found[TONES.indexOf(toneOf(ending))];
      const first = Math.max(Math.floor(this.whole.x(scene.starts[i]) / BIN), 0);
      const last = Math.min(Math.floor(this.whole.x(scene.ends[i]) / BIN), bins - 1);
      for (let bin = first; bin <= last; bin += 1) counts[bin] += 1;
    });
    return found;
  }

  #paintBins(context, found) {
    const { gutter, colours } = this.scene;
    const bins = found[0].length;
    const sum = (bin) => found.reduce((all, counts) => all + counts[bin], 0);
    let most = 1;
    for (let bin = 0; bin < bins; bin += 1) most = Math.max(most, sum(bin));
    for (let bin = 0; bin < bins; bin += 1) {
      let y = HEIGHT - 3;
      found.forEach((counts, tone) => {
        if (counts[bin] === 0) return;
        // What went wrong is never too small to be seen.
        const height = Math.max((counts[bin] / most) * (HEIGHT - 8), 3);
        context.fillStyle = tone < TONES.indexOf("odd") ? colours.tones[TONES[tone]].bar : colours.tones[TONES[tone]].ink;
        context.fillRect(gutter + bin * BIN, y - height, BIN, height);
        y -= height;
      });
    }
  }

  // A press brings its place to the middle of the timeline; a drag moves on from there.
  #drag(event) {
    const { canvas, scene } = this;
    const { view } = scene;
    const go = ({ clientX }) => {
      const x = clientX - canvas.getBoundingClientRect().left - scene.gutter;
      view.panBy(view.x(this.whole.us(x)) - view.width / 2);
      scene.changed();
    };
    go(event);
    canvas.setPointerCapture(event.pointerId);
    canvas.addEventListener("pointermove", go);
    canvas.addEventListener("lostpointercapture", () => canvas.removeEventListener("pointermove", go), { once: true });
  }
}
