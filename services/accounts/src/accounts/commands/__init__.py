"""Everything that changes something, one transaction each."""
