"""Tests of jaxrf.theory.solve."""
