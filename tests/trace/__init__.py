"""Tests of jaxrf.program."""
