"""Keeps baskets, and announces what is put into them."""
