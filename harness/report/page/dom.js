// Making elements. Owns: the only place where nodes come into being. Refuses: markup from text; whatever comes out of
// a run is set as text and as nothing else.

const SVG = "http://www.w3.org/2000/svg";

// el("td", { class: "num", text: "4 s", title: "...", aria: { label: "..." }, data: { task: 3 }, on: { click } }, child, "text")
// `style` is an object and goes through the style object of the node: the page's policy forbids style attributes.
export function el(tag, options = {}, ...children) {
  return dress(document.createElement(tag), options, children);
}

export function svg(tag, options = {}, ...children) {
  return dress(document.createElementNS(SVG, tag), options, children);
}

export function fill(root, ...children) {
  root.replaceChildren(...children.flat().filter(isSomething));
  return root;
}

function dress(node, options, children) {
  for (const [name, value] of Object.entries(options)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "text") node.textContent = String(value);
    else if (name === "class") node.setAttribute("class", value);
    else if (name === "on") for (const [event, run] of Object.entries(value)) node.addEventListener(event, run);
    else if (name === "style") for (const [property, v] of Object.entries(value)) node.style.setProperty(property, v);
    else if (name === "data" || name === "aria") setAll(node, name, value);
    else if (name === "hidden") node.hidden = true;
    else node.setAttribute(name, value === true ? "" : String(value));
  }
  node.append(...children.flat().filter(isSomething));
  return node;
}

function setAll(node, prefix, values) {
  for (const [name, value] of Object.entries(values)) {
    if (value !== null && value !== undefined) node.setAttribute(`${prefix}-${name}`, String(value));
  }
}

function isSomething(child) {
  return child !== null && child !== undefined && child !== false;
}
