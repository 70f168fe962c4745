"""What a model is held to: expectations and baselines, checked and reported."""
