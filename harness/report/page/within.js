// What a selection leaves. Owns: the one answer to "is this within what the reader has chosen", so that every section
// filters alike. Refuses: the DOM. A range and a followed task filter; a single attempt, event or law only points.

export function spanIsWithin(from, to, { range }) {
  return range === null || (from <= range[1] && (to ?? from) >= range[0]);
}

export function taskIsWithin(report, task, selection) {
  if (selection.task !== null && selection.task !== task) return false;
  if (selection.range === null) return true;
  const lives = report.lifeOf(task);
  return lives !== null && spanIsWithin(lives[0], lives[1], selection);
}

export function attemptIsWithin(report, attempt, selection) {
  const { task, start } = report.attempts[attempt];
  if (selection.task !== null && selection.task !== task) return false;
  return spanIsWithin(start, report.endOf(attempt), selection);
}

export function retryIsWithin(report, retry, selection) {
  const { task, asked_at, observed_us, high_us } = report.retries[retry];
  if (selection.task !== null && selection.task !== task) return false;
  return spanIsWithin(asked_at, asked_at + (observed_us ?? high_us ?? 0), selection);
}

export function eventIsWithin(report, event, selection) {
  const { events } = report;
  if (selection.task !== null && selection.task !== events.task[event]) return false;
  return spanIsWithin(events.us[event], events.us[event], selection);
}
