"""Restriction: one box of a feature map, from no more of every value than it needs."""
