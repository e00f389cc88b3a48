"""What happened in a run: the vocabulary of events, their journals, and the one history they merge into."""
