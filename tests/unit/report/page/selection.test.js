import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { clear, select, selection, subscribe } from "../page/selection.js";

beforeEach(clear);

test("a change is told with what has changed, and what it does not name stays", () => {
  select({ task: 3 });
  const heard = [];
  const end = subscribe((now, changed) => heard.push([now.task, now.range, [...changed]]));
  select({ range: [1, 2] });
  end();
  select({ task: null });
  assert.deepEqual(heard, [[3, [1, 2], ["range"]]]);
});

test("choosing the same again is told to nobody", () => {
  select({ range: [1, 2], law: { law: 0, evidence: 1 } });
  let times = 0;
  const end = subscribe(() => (times += 1));
  select({ range: [1, 2], law: { law: 0, evidence: 1 } });
  end();
  assert.equal(times, 0);
});

test("a range that was drawn backwards is turned round", () => {
  select({ range: [9, 4] });
  assert.deepEqual(selection().range, [4, 9]);
});
