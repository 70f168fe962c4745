"""Tests of jaxrf.measure.observed."""
