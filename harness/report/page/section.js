// The page's sections and the way to them. Owns: headings, navigation, and when a section is drawn: the first at once,
// the others when they come near the window, so that a long history costs nothing before it is looked at.

import { el, fill } from "./dom.js";

const NEAR = "800px 0px";
const registered = [];
const shown = new Map();

// section("laws", "Laws", build, { isEager, isShown, lede }): `build(root, report)` fills `root`; `isShown(report)` says
// whether there is anything to show (default: yes); `lede` is one sentence under the heading.
export function section(id, title, build, { isEager = false, isShown = () => true, lede = null } = {}) {
  registered.push({ id, title, build, isEager, isShown, lede });
}

export function showSections(report, main, nav) {
  const observer = new IntersectionObserver((entries) => {
    for (const entry of entries) if (entry.isIntersecting) shown.get(entry.target.id)?.draw();
  }, { rootMargin: NEAR });
  for (const one of registered.filter(({ isShown }) => isShown(report))) {
    const body = el("div", { class: "section-body" });
    const node = el("section", { id: one.id, class: "section", aria: { labelledby: `${one.id}-title` } },
      el("h2", { id: `${one.id}-title`, tabindex: "-1", text: one.title }),
      one.lede && el("p", { class: "lede", text: one.lede }), body);
    main.append(node);
    nav?.append(el("li", {}, el("a", { href: `#${one.id}`, text: one.title, on: { click: () => shown.get(one.id).draw() } })));
    shown.set(one.id, { node, draw: once(() => drawInto(body, one, report, observer, node)) });
    if (one.isEager) shown.get(one.id).draw();
    else observer.observe(node);
  }
  window.addEventListener("beforeprint", () => shown.forEach(({ draw }) => draw()));
  if (shown.has(location.hash.slice(1))) goTo(location.hash.slice(1));
}

// Draw a section if it is not, and bring it into view. With `isFocused`, the keyboard goes there too.
export function goTo(id, { isFocused = false } = {}) {
  const target = shown.get(id);
  if (!target) return;
  target.draw();
  target.node.scrollIntoView({ block: "start", behavior: isStill() ? "auto" : "smooth" });
  if (isFocused) target.node.querySelector("h2").focus({ preventScroll: true });
}

// Whether the reader asked their system for less motion.
export function isStill() {
  return matchMedia("(prefers-reduced-motion: reduce)").matches;
}

function drawInto(body, { id, title, build }, report, observer, node) {
  observer.unobserve(node);
  try {
    build(body, report);
    node.dataset.drawn = "true";
  } catch (trouble) {
    // One section's trouble is not the others': said on the page, and on the console, where tests look.
    console.error(`section ${id}:`, trouble);
    fill(body, el("p", { class: "notice", text: `${title} could not be drawn: ${trouble.message}` }));
  }
}

function once(run) {
  let isDone = false;
  return () => {
    if (isDone) return;
    isDone = true;
    run();
  };
}
