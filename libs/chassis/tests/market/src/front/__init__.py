"""The market's edge: passes each HTTP request on as a remote call."""
