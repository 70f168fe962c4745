"""The program of a model: any JAX callable as one flat list of equations."""
