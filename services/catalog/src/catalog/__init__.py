"""The catalogue: regions and their municipalities, providers, programmes, groups, timetables and search.

It promises that whatever it has announced about a group is what it answers when asked for the group's terms, that a
planned lesson keeps its identifier when the plan is published again, and that publishing the same thing twice
announces nothing new. Seats belong to enrollment; the catalogue shows the free places that it last heard of.
"""
