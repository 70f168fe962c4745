"""Fields, layers and graphs."""
