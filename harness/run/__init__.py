"""One experiment, one run: the only place where testbed, record and expectation meet."""
