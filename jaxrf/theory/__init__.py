"""Receptive fields derived from a program, one rule per primitive."""
