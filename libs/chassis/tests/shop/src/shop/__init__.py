"""A shoe shop: the smallest service that uses the whole chassis, for the chassis's own tests."""
