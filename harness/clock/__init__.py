"""Owns time: what time it is in a testbed, and moving it on.

Two clocks with one face (`clock.py`): the real one, and a virtual one that jumps to the next deadline whenever every
process of the testbed sleeps. Refuses to guess: whatever it cannot see or does not know keeps time real.
"""
