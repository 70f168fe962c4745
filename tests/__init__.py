"""Tests of jaxrf."""
