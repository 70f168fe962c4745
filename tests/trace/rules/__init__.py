"""Tests of jaxrf.trace.rules."""
