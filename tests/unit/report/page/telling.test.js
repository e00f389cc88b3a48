import assert from "node:assert/strict";
import { test } from "node:test";

import { decoded } from "../page/data.js";
import { attemptFacts, attemptSentence, chordSentence, retryWords } from "../page/telling.js";
import { attempt, task, told } from "./told.js";

const plain = (text) => text.replaceAll("\u00a0", " ");
const RETRY = { task: 0, from: 0, to: 1, asked_at: 9_000, asked_us: 4_000_000, low_us: 4_000_000, high_us: 4_000_000, observed_us: 4_000_840, error_us: 840, formula: "2 * 2**1 = 4 s", is_jittered: false };

const REPORT = () => decoded(told({
  values: [{ type: "requests.exceptions.HTTPError", message: "500", traceback: "", bases: [] }, ["</script>"], null, { ok: true }],
  tasks: [task("pay", [0, 1])],
  attempts: [
    attempt(0, 1_000, 9_000, { ending: "retried", exception: 0, args: 1, message: 0 }),
    attempt(0, 4_009_840, null, { retries: 1, closed: null, ending: "lost" }),
  ],
  messages: [{ task: 0, by: "experiment", from: null, sent: 0, delivered: 600, to: 0, retries: 0 }],
  retries: [RETRY],
  chords: [{ group: "g", body: 0, members: [0], size: 3, counts: [{ at: 1, task: 0, event: 0 }], triggered: null }],
  run: { span_us: [0, 5_000_000] },
}));

test("an attempt is told in one sentence, with its exception and the retry that it asked for", () => {
  assert.equal(plain(attemptSentence(REPORT(), 0)),
    "pay, 1st attempt: retried with HTTPError; started at 0.001 s, lasted 8 ms; on worker-1 (1); retry asked for 4 s, started after 4.001 s, +0.84 ms");
});

test("of an attempt that never ended it is not told that it returned, and it lasts until the record ends", () => {
  const facts = Object.fromEntries(attemptFacts(REPORT(), 1));
  assert.equal(plain(facts.Lasted), "990 ms");
  assert.equal("Returned" in facts, false);
  assert.match(facts["Retry before"], /2 \* 2\*\*1 = 4 s/);
});

test("what came out of a run is told as it is", () => {
  const facts = Object.fromEntries(attemptFacts(REPORT(), 0));
  assert.equal(facts.Arguments, '["</script>"] null');
  assert.equal(facts.Outcome, "retried: HTTPError: 500");
  assert.equal(plain(facts.Sent), "by the experiment, 1 ms before the start");
});

test("a jittered retry is told with its range, and one that never started as such", () => {
  assert.equal(plain(retryWords({ ...RETRY, low_us: 0, is_jittered: true, error_us: null })), "asked for 4 s of 0 s to 4 s, started after 4.001 s");
  assert.equal(plain(retryWords({ ...RETRY, to: null, observed_us: null, error_us: null })), "asked for 4 s, never started");
});

test("a chord that was not triggered says how far it came", () => {
  assert.equal(chordSentence(REPORT(), 0), "chord with body pay: 1 of 3 members counted, its body was not sent");
});
