"""What the harness does for a suite of pytest-celery's: its workers observed, its tests judged, with Docker or without.

Owns nothing that such a suite owns: its fixtures, its nodes and its API stay as they are. Underneath, pytest-celery
asks one fixture for everything, `docker_client`; that is the one that is replaced, by one that lets the probe into the
workers' containers, or by one that starts processes under a virtual clock. Nothing here is loaded unless a suite asks.
"""
