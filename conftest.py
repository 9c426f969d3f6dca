"""For every test: no deadline on generated examples, since machines differ; rules are checked, not speed."""

from hypothesis import settings

settings.register_profile("suite", deadline=None)
settings.load_profile("suite")
