"""What changes the catalogue: each function works in the caller's one transaction and may be repeated without harm."""
