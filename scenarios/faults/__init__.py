"""A chord that is to survive trouble: plain Celery, in the three ways in which a task may acknowledge its message."""
