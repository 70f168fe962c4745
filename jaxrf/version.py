"""The version of jaxrf."""

__version__ = "0.1.0"
