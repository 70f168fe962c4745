"""Tests of jaxrf.cli."""
