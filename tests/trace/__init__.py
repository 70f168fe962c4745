"""Tests of jaxrf.trace."""
