// The scenario page. Owns: which sections there are, in which order. Refuses: everything else, which is a section's own.

import { build as dag } from "./dag.js";
import { load } from "./data.js";
import { build as diagnosis, isShown as hasDiagnosis } from "./diagnosis.js";
import { build as events } from "./events.js";
import { showFrame } from "./frame.js";
import { build as laws } from "./laws.js";
import { build as races, isShown as hasRaces } from "./races.js";
import { build as redis, isShown as hasCommands } from "./redis.js";
import { build as retries, isShown as hasRetries } from "./retries.js";
import { section, showSections } from "./section.js";
import { build as tables, isShown as hasTables } from "./tables.js";
import { build as timeline } from "./timeline.js";
import { build as versus, isShown as hasBothForms } from "./versus.js";

const report = load();

section("timeline", "Timeline", timeline, { isEager: true, isShown: ({ attempts, messages }) => attempts.length + messages.length > 0 });
section("diagnosis", "Diagnosis", diagnosis, { isShown: hasDiagnosis, isEager: true });
section("laws", "Laws", laws, { isShown: ({ laws: all }) => all.length > 0, lede: "What must be true of a canvas, and what this run says of it. A violation shows the smallest set of events that compels it." });
section("dag", "Canvas", dag, { isShown: (data) => data.dag !== null, lede: "What was to run after what, and what became of it. A task that is chosen here is followed everywhere." });
section("retries", "Retries", retries, { isShown: hasRetries, lede: "Of every task that was retried all attempts: what was asked, by which formula, what was observed, and the error." });
section("versus", "Group versus chord", versus, { isShown: hasBothForms, lede: "The same work, as a group with callbacks and as a chord: what each claimed, and whether it was true." });
section("races", "Races", races, { isShown: hasRaces, lede: "A chord is a race if its last two members took their last steps, result and count, among each other." });
section("redis", "Redis", redis, { isShown: hasCommands, lede: "What broker and backend held after each command, in Redis's own order, and what moved a chord along." });
section("events", "Events", events, { isShown: ({ events: all }) => all.length > 0, lede: "The whole history." });
section("tables", "Tables", tables, { isShown: hasTables });

showFrame(report);
showSections(report, document.getElementById("sections"), document.getElementById("section-links"));
