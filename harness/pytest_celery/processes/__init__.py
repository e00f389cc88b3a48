"""pytest-celery's nodes as processes: what its Docker client is asked for, without Docker and under a virtual clock."""
