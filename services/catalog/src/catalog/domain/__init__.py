"""The catalogue's rules: values, calendars, timetables, terms of groups, words of a search, page cursors."""
