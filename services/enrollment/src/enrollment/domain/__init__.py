"""The rules of places and lessons: pure functions over plain values."""
