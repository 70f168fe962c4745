"""Models, oracles and random networks that several tests use."""
