"""The scenarios that come with the harness: Celery apps as people write them, and a catalog that describes them."""
