"""Tests of jaxrf.cli.options."""
