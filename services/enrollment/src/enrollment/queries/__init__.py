"""What families and staff may read; whose it is, is decided in the SQL of each read."""
