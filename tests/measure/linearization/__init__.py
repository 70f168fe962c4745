"""Tests of jaxrf.measure.linearization."""
