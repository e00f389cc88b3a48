// The scenario page. Owns: which sections there are, in which order. Refuses: everything else, which is a section's own.

import { load } from "./data.js";
import { showFrame } from "./frame.js";
import { section, showSections } from "./section.js";
import { build as timeline } from "./timeline.js";

const report = load();

section("timeline", "Timeline", timeline, { isEager: true, isShown: ({ attempts, messages }) => attempts.length + messages.length > 0 });

showFrame(report);
showSections(report, document.getElementById("sections"), document.getElementById("section-links"));
