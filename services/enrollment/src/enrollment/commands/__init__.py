"""What enrollment does, one transaction each."""
