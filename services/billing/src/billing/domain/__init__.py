"""The rules of money: pure functions over plain values."""
