"""Tests of jaxrf.measure."""
