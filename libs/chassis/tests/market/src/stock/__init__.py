"""Hears of orders and has one effect for each; misbehaves as wished."""
