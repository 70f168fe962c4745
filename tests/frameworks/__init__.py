"""Tests of jaxrf.frameworks."""
