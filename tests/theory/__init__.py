"""Derived fields."""
