"""Group versus chord: the same reports in both forms, the laws about each, and how they are told side by side.

Many reports are made in one run: each is judged by its own messages, attempts and log lines, so none is in another's
way as long as there is a slot for everybody who wants one. That is why they run in threads, more than are ever busy,
and are ordered some seconds apart.
"""

from harness.laws.own import OwnLaws
from harness.scenario import OwnSending, Scenario, Surroundings
from scenarios.catalog.reports import in_both, in_chords, in_groups
from scenarios.catalog.reports.account import account_of
from scenarios.catalog.reports.case import ReportsCase, case_of
from scenarios.catalog.reports.log import FILE
from scenarios.catalog.reports.shown import shown_of
from scenarios.reports.plan import KINDS

LAWS: OwnLaws[ReportsCase] = OwnLaws(
    laws=(*in_both.LAWS, *in_groups.LAWS, *in_chords.LAWS), case_of=case_of, account_of=account_of, shown_of=shown_of
)

SEEDS, APART_S = 20, 10.0

SCENARIOS = (
    Scenario(
        name="reports",
        title="The same reports, as a group with callbacks and as a chord",
        app="scenarios.reports.app:app",
        canvas=OwnSending(
            call="scenarios.reports.orders:order_reports",
            arguments={"kinds": list(KINDS), "seeds": SEEDS, "apart_s": APART_S},
        ),
        surroundings=Surroundings(files={"REPORTS_DATABASE": FILE}),
        own_laws="scenarios.catalog.reports:LAWS",
        laws=tuple(law.name for law in LAWS.laws),
        suits={"pool": "threads", "concurrency": 64},
        is_run_by_default=False,
        budget_s=24 * 3600.0,
    ),
)
