"""What happened in a run: the vocabulary of events, the way back from journals, and the one history they merge into."""
