// The scenario page. Owns: which sections there are, in which order. Refuses: everything else, which is a section's own.

import { build as dag } from "./dag.js";
import { load } from "./data.js";
import { showFrame } from "./frame.js";
import { section, showSections } from "./section.js";
import { build as timeline } from "./timeline.js";

const report = load();

section("timeline", "Timeline", timeline, { isEager: true, isShown: ({ attempts, messages }) => attempts.length + messages.length > 0 });
section("dag", "Canvas", dag, { isShown: (data) => data.dag !== null, lede: "What was to run after what, and what became of it. A task that is chosen here is followed everywhere." });

showFrame(report);
showSections(report, document.getElementById("sections"), document.getElementById("section-links"));
