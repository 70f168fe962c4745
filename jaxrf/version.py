"""The version of jaxrf, in one place for packaging and for ``meta`` in every result."""

__version__ = "0.1.0"
