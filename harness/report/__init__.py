"""Reports: what a run's directory tells, as a page that people read and as files that programs read.

Everything here works from directories alone, at any later time: without Redis, without Celery, and whatever of a
directory is missing or broken. Refuses to judge what was judged when the run was made.
"""
