"""What is known of Celery's canvas and is not as promised: for each, the smallest canvas that shows it.

Each is a defect of `harness.semantics.defects`, which has the statement, the source and the versions. In plain Celery:
`tests/findings/plain_celery.py`.
"""

from __future__ import annotations

from drawing import Drawn

FINDINGS = {
    "nested_groups_reversed": Drawn("chord([group(step_1.s(), step_2.s())], step_3.s())"),
    "inner_chord_fails_untold": Drawn(
        "chord([chord([step_1.s()], step_2.s())], step_3.s().on_error(told_1.s()))", {"step_1": "fails"}
    ),
    "failed_before_group_untold": Drawn(
        "chord([chain(step_1.s(), group(step_2.s(), step_3.s()))], step_4.s().on_error(told_1.s()))",
        {"step_1": "fails"},
    ),
    "failed_before_chord_untold": Drawn(
        "chord([chain(step_1.s(), chord([step_2.s()], step_3.s()))], step_4.s().on_error(told_1.s()))",
        {"step_1": "fails"},
    ),
    "group_body_untold": Drawn(
        "chord([step_1.s()], group(step_2.s().on_error(told_1.s()), step_3.s()))", {"step_1": "fails"}
    ),
    "chord_body_untold": Drawn(
        "chain(group(step_1.s(), step_2.s()), group(step_3.s(), step_4.s()), step_5.s()).on_error(told_1.s())",
        {"step_1": "fails"},
    ),
    "chain_as_errback_not_called": Drawn("step_1.s().on_error(chain(told_1.s(), told_2.s()))", {"step_1": "fails"}),
    "links_of_members_replaced": Drawn(
        "linked(chain(step_1.s(), group(linked(step_2.s(), step_3.s()), step_4.s())), step_5.s())"
    ),
    "nested_chain_forgets": Drawn("chain(chain(step_1.s(), step_2.s()).on_error(told_1.s()))", {"step_1": "fails"}),
    "chain_body_fails_twice": Drawn(
        "chord([step_1.s().on_error(inline_1.s())], chain(step_2.s(), step_3.s()))", {"step_1": "retried in vain"}
    ),
    "hard_limit_told_twice": Drawn("step_1.s().set(time_limit=2).on_error(told_1.s())", {"step_1": "hangs"}),
    "hard_limit_fails_chord_twice": Drawn(
        "chord([step_1.s().set(time_limit=2), step_2.s()], step_3.s().on_error(told_1.s()))", {"step_1": "hangs"}
    ),
    "raising_errback_ends_handling": Drawn(
        "step_1.s().on_error(raising_1.s()).on_error(told_1.s())", {"step_1": "fails"}
    ),
}
