"""Tests of :mod:`jaxrf.restriction`."""
