"""Many runs: side by side in lanes, in turn on one testbed, races; and progress, which says what goes on."""

from harness.campaign.lanes import carry_out_all
from harness.campaign.progress import EventsSeen, Progress, RunEnded, RunFailed, TestbedUp, TimeIsReal

__all__ = ["EventsSeen", "Progress", "RunEnded", "RunFailed", "TestbedUp", "TimeIsReal", "carry_out_all"]
