"""Tests of jaxrf.measure.everywhere."""
