"""Tests of jaxrf.plot."""
