"""Races: chords whose header members all wait for the same instant, so that they end as nearly at once as can be.

Plain Celery, as an app of one's own would do it.
"""
