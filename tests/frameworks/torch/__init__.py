"""Tests of jaxrf.frameworks.torch."""
