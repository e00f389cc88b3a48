"""Redis's own command stream (MONITOR), written into a journal as facts.

Owns what Redis was told, by which connection, in Redis's own order. Refuses to know which process a connection belongs
to (the probe writes that down) and what an order of commands proves (laws). Standard library only: it starts with every
testbed.
"""
