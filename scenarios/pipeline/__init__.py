"""The pipeline: a real Celery DAG, start -> A -> (B | C) -> D -> end, and the model service its tasks call.

Written as Celery's users write such things. Imports nothing, so that the service starts without Celery.
"""
