"""Tests of jaxrf.theory.rules."""
