import assert from "node:assert/strict";
import { test } from "node:test";

import { count, duration, error, moment, number, ordinal, shortName, shortened, valueText } from "../page/format.js";

const plain = (text) => text.replaceAll("\u00a0", " ").replaceAll("\u2212", "-");

test("a length of time has three or four figures and the unit that people would use", () => {
  const cases = [[0, "0 s"], [12, "12 µs"], [999, "999 µs"], [1_234, "1.23 ms"], [34_56, "3.46 ms"], [45_678, "45.7 ms"], [340_000, "340 ms"],
    [999_499, "999 ms"], [999_600, "1 s"], [1_204_000, "1.204 s"], [8_000_000, "8 s"], [59_999_499, "59.999 s"], [59_999_500, "1 min"],
    [63_500_000, "1 min 3.5 s"], [1_023_000_000, "17 min 3 s"], [3_720_000_000, "1 h 02 min"], [-5_000, "-5 ms"], [null, "\u2013"]];
  for (const [us, text] of cases) assert.equal(plain(duration(us)), text);
});

test("minutes never show sixty seconds", () => {
  for (const us of [119_960_000, 119_940_000, 3_599_960_000]) assert.ok(!/ 60 s/.test(plain(duration(us))), duration(us));
});

test("moments of a column have the same number of digits", () => {
  assert.deepEqual([0, 3_204_499, -1_500, 1_023_517_000].map((us) => plain(moment(us))), ["0.000 s", "3.204 s", "-0.002 s", "1023.517 s"]);
  assert.equal(plain(moment(-1, 3)), "0.000 s");
});

test("an error always says its sign, unless there is none", () => {
  assert.deepEqual([1_240, -300, 0, 4, 123_456, 2_345_678].map((us) => plain(error(us))), ["+1.24 ms", "-0.30 ms", "\u00b10 ms", "\u00b10 ms", "+123.5 ms", "+2346 ms"]);
});

test("figures, names and ordinals read as people write them", () => {
  assert.equal(plain(count(1, "retry", "retries")), "1 retry");
  assert.equal(plain(count(12_000, "event")), "12,000 events");
  assert.deepEqual([1, 2, 3, 4, 11, 12, 13, 21, 112].map(ordinal), ["1st", "2nd", "3rd", "4th", "11th", "12th", "13th", "21st", "112th"]);
  assert.equal(shortName("scenarios.pipeline.tasks.fetch"), "fetch");
  assert.equal(shortened("a  b\nc d", 5), "a b\u2026");
});

test("values that were cut say so, and integers that JavaScript cannot hold are told in full", () => {
  assert.equal(valueText([{ $int: "9007199254740993" }, null]), '["9007199254740993",null]');
  assert.match(valueText({ $cut: "abc", $bytes: 9000 }), /abc\u2026 \(9000 bytes in all\)/);
});

test("thousands stand apart", () => {
  assert.deepEqual([0, 999, 1000, 12345, 1234567].map(number), ["0", "999", "1,000", "12,345", "1,234,567"]);
});
