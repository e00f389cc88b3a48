"""What the worker image is built from: the Dockerfile here, and what `context` adds to it."""
