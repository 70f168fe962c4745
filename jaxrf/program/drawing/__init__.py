"""Weights drawn by a model's initialiser, with one compilation for arrays of all shapes."""
