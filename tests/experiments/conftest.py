"""Scripts of ``experiments/``, run as a user runs them."""

from tests.helpers.experimentrun import run  # noqa: F401
