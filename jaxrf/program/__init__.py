"""What a model computes: any JAX callable as one flat list of equations."""
