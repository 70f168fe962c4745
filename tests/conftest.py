"""Property tests are the same on every run: a failure in CI is a failure here."""

import os

from hypothesis import settings

settings.register_profile("jaxrf", derandomize=True, deadline=None)
settings.load_profile("jaxrf")

# Keras reads it when it is imported, and would look for TensorFlow otherwise.
os.environ.setdefault("KERAS_BACKEND", "jax")
