"""Reports: the same work twice, once as a group with callbacks linked to it and once as a chord.

A report has three parts, which are made side by side, and a status in a database, which two callbacks set. Written as a
web application would be. Imports nothing, so that a plan can be read without Celery.
"""
