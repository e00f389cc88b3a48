"""What this machine has and lacks: finds facts, and says what to type for each thing missing. Shows nothing itself."""
