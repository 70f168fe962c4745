"""Tests of jaxrf.program.drawing."""
