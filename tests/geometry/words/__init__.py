"""Tests of jaxrf.geometry.words."""
