// Colours for what is drawn on a canvas, taken from the sheet's tokens, so that a picture and the page around it change
// theme together. Owns: the way from a token to a colour, and the textures that say an outcome without colour.

const TOKENS = ["paper", "card", "raised", "ink", "soft", "line", "strong-line", "accent", "on-accent", "wash", "shade"];
const TONES = ["good", "bad", "again", "odd", "lost", "open", "quiet"];

export function palette(root) {
  const probe = document.createElement("span");
  probe.hidden = true;
  root.append(probe);
  const colour = (token) => {
    probe.style.color = `var(--${token})`;
    return getComputedStyle(probe).color;
  };
  const colours = Object.fromEntries(TOKENS.map((token) => [token, colour(token)]));
  colours.tones = Object.fromEntries(TONES.map((tone) => {
    const ink = colour(tone);
    return [tone, { ink, bar: colour(`${tone}-bar`), texture: texture(tone, ink) }];
  }));
  colours.idle = stripes(8, 1, colours.line, 1);
  colours.font = getComputedStyle(root).fontFamily;
  probe.remove();
  return colours;
}

// Failed is striped upwards, retried downwards, rejected dotted, lost crossed; what went well is plain.
function texture(tone, ink) {
  if (tone === "bad") return stripes(6, 1.6, ink, 0.55);
  if (tone === "again") return stripes(6, 1.2, ink, 0.5, true);
  if (tone === "odd") return dots(5, ink, 0.6);
  if (tone === "lost") return [stripes(6, 1, ink, 0.6), stripes(6, 1, ink, 0.6, true)];
  return null;
}

function stripes(size, width, ink, alpha, isDown = false) {
  return tile(size, (c) => {
    c.globalAlpha = alpha;
    c.strokeStyle = ink;
    c.lineWidth = width;
    c.beginPath();
    for (const shift of [-size, 0, size]) {
      c.moveTo(shift, isDown ? 0 : size);
      c.lineTo(shift + size, isDown ? size : 0);
    }
    c.stroke();
  });
}

function dots(size, ink, alpha) {
  return tile(size, (c) => {
    c.globalAlpha = alpha;
    c.fillStyle = ink;
    c.beginPath();
    c.arc(size / 2, size / 2, 1, 0, 7);
    c.fill();
  });
}

function tile(size, draw) {
  const canvas = document.createElement("canvas");
  canvas.width = size;
  canvas.height = size;
  const context = canvas.getContext("2d");
  draw(context);
  return context.createPattern(canvas, "repeat");
}
