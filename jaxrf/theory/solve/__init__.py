"""Solvers over the flat graph: paths (the article's algorithm), interval fields, exact supports."""
