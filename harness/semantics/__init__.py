"""What Celery promises, in figures and rules, each with its source. Knows no Celery, and touches no run."""
