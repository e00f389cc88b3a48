// Times, durations, counts and names as people read them. Owns: every figure's spelling. Refuses: the DOM.
// All times come in microseconds. A figure and its unit are kept together by a no-break space.

const NBSP = "\u00a0";
const MINUS = "\u2212";

// A length of time: 12 µs, 3.4 ms, 340 ms, 1.204 s, 2 min 3.5 s, 1 h 02 min.
export function duration(us) {
  if (us === null || us === undefined) return "\u2013";
  if (us < 0) return MINUS + duration(-us);
  if (us === 0) return `0${NBSP}s`;
  if (us < 1e3) return `${Math.round(us)}${NBSP}\u00b5s`;
  if (us < 999_500) return `${milliseconds(us)}${NBSP}ms`;
  if (us < 59_999_500) return `${trimmed(us / 1e6, 3)}${NBSP}s`;
  const seconds = Math.round(us / 1e5) / 10;
  if (seconds < 3600) {
    const rest = trimmed(seconds % 60, 1);
    return `${Math.floor(seconds / 60)}${NBSP}min${rest === "0" ? "" : ` ${rest}${NBSP}s`}`;
  }
  const minutes = Math.round(us / 6e7);
  return `${Math.floor(minutes / 60)}${NBSP}h ${String(minutes % 60).padStart(2, "0")}${NBSP}min`;
}

function milliseconds(us) {
  return us < 1e4 ? trimmed(us / 1e3, 2) : us < 1e5 ? trimmed(us / 1e3, 1) : String(Math.round(us / 1e3));
}

function trimmed(value, digits) {
  return String(Number(value.toFixed(digits)));
}

// A moment of the testbed's clock since the run began, always in seconds and with as many digits as its neighbours
// have, so that a column of them lines up: 0.000 s, 3.204 s, 1023.517 s.
export function moment(us, digits = 3) {
  if (us === null || us === undefined) return "\u2013";
  const text = (Math.abs(us) / 1e6).toFixed(digits);
  return `${us < 0 && Number(text) !== 0 ? MINUS : ""}${text}${NBSP}s`;
}

// A difference from what was expected, in ms and with its sign: +1.24 ms, −0.30 ms, ±0 ms.
export function error(us) {
  if (us === null || us === undefined) return "\u2013";
  const ms = Math.abs(us) / 1e3;
  const text = ms >= 1e3 ? ms.toFixed(0) : ms >= 100 ? ms.toFixed(1) : ms.toFixed(2);
  if (Number(text) === 0) return `\u00b10${NBSP}ms`;
  return `${us < 0 ? MINUS : "+"}${text}${NBSP}ms`;
}

// Thousands apart: 12,345. By hand: what a browser loads to know about languages costs more than a page's first picture.
export function number(n) {
  return String(n).replace(/\B(?=(\d{3})+$)/g, ",");
}

export function count(n, one, many = `${one}s`) {
  return `${number(n)}${NBSP}${n === 1 ? one : many}`;
}

// "scenarios.pipeline.tasks.fetch" is "fetch" wherever there is little room.
export function shortName(name) {
  if (!name) return "?";
  return name.slice(name.lastIndexOf(".") + 1) || name;
}

export function shortened(text, length) {
  const line = String(text).replace(/\s+/g, " ").trim();
  return line.length <= length ? line : `${line.slice(0, length - 1).trimEnd()}\u2026`;
}

// The nth attempt, as people count: Celery's number of retries begins at 0.
export function ordinal(n) {
  const tail = n % 100 > 10 && n % 100 < 14 ? "th" : (["th", "st", "nd", "rd"][n % 10] ?? "th");
  return `${n}${tail}`;
}

// A value out of a run (JSON; one that was too long or too large to carry says so) on one line.
export function valueText(value) {
  return JSON.stringify(value, (_, part) => {
    if (part && typeof part === "object" && "$int" in part) return part.$int;
    if (part && typeof part === "object" && "$cut" in part) return `${part.$cut}\u2026 (${part.$bytes} bytes in all)`;
    return part;
  }) ?? "null";
}
