"""`prove`: any canvas of anybody's app, sent, settled and judged. What the pytest fixture of that name does."""
