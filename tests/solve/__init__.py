"""Tests of jaxrf.solve."""
