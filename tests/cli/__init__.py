"""Tests of jaxrf.zoo."""
