"""Where experiments run: the protocol, the supervisor that owns every process, and the testbeds behind the protocol."""
