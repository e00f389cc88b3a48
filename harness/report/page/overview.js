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
    if (!this.picture || this.key !== this.#key()) this.#count();
    const context = canvas.getContext("2d");
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, HEIGHT);
    this.#paintBins(context);
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

  // How many attempts of each tone run in each of the bins.
  #count() {
    const { canvas, scene } = this;
    const { gutter, width, ratio, view, report } = scene;
    this.key = this.#key();
    canvas.width = width * ratio;
    canvas.height = HEIGHT * ratio;
    this.whole = new View(view.scale, Math.max(width - gutter, 1));
    const bins = Math.ceil((width - gutter) / BIN);
    this.picture = TONES.map(() => new Uint16Array(bins));
    report.attempts.forEach(({ ending }, i) => {
      const counts = this.picture[TONES.indexOf(toneOf(ending))];
      const first = Math.max(Math.floor(this.whole.x(scene.starts[i]) / BIN), 0);
      const last = Math.min(Math.floor(this.whole.x(scene.ends[i]) / BIN), bins - 1);
      for (let bin = first; bin <= last; bin += 1) counts[bin] += 1;
    });
  }

  #paintBins(context) {
    const { gutter, colours } = this.scene;
    const bins = this.picture[0].length;
    const sum = (bin) => this.picture.reduce((all, counts) => all + counts[bin], 0);
    let most = 1;
    for (let bin = 0; bin < bins; bin += 1) most = Math.max(most, sum(bin));
    for (let bin = 0; bin < bins; bin += 1) {
      let y = HEIGHT - 3;
      this.picture.forEach((counts, tone) => {
        if (counts[bin] === 0) return;
        // What went wrong is never too small to be seen.
        const height = Math.max((counts[bin] / most) * (HEIGHT - 8), 3);
        context.fillStyle = tone === 0 ? colours.tones.good.bar : colours.tones[TONES[tone]].ink;
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
      scene.redraw();
    };
    go(event);
    canvas.setPointerCapture(event.pointerId);
    canvas.addEventListener("pointermove", go);
    canvas.addEventListener("lostpointercapture", () => canvas.removeEventListener("pointermove", go), { once: true });
  }
}
