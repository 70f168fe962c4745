"""Fields, supports, layers and the flat graph, in numpy alone."""
