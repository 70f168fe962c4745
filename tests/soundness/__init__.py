"""Drawn programs, adversarial on purpose, and whether theory misses anything that they read."""
