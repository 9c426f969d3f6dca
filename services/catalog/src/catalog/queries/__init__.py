"""What the catalogue answers: SQL to plain dictionaries. All of it is public; there is nobody to hide it from."""
