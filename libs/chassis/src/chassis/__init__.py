"""How any service runs: settings, database, events, remote calls, logs and health. Not one word of any domain."""
