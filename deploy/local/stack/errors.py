"""The one exception that a person is meant to read."""


class StackError(Exception):
    """Something the person at the keyboard can mend; its text is one clear sentence."""
