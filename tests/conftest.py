"""Property tests are the same on every run: a failure in CI is a failure here."""

import os
import signal

from hypothesis import settings

settings.register_profile("jaxrf", derandomize=True, deadline=None)
settings.load_profile("jaxrf")

# Keras reads it when it is imported, and would look for TensorFlow otherwise.
os.environ.setdefault("KERAS_BACKEND", "jax")

# No test writes into the cache folder of whoever runs it.
os.environ.setdefault("JAXRF_CACHE_DIR", "")

# Of a run under nohup it is ignored, in all its processes, and its tests would see nothing.
if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
