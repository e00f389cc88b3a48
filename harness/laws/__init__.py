"""The laws: what must be true of every run, judged against its history, with evidence where it is not.

One family a file. Refuses to touch what it judges: no Celery, no Redis, no clock; a history is all that there is.
"""
