"""Property tests are the same on every run: a failure in CI is a failure here."""

from hypothesis import settings

settings.register_profile("jaxrf", derandomize=True, deadline=None)
settings.load_profile("jaxrf")
