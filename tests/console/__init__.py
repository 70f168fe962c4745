"""Progress, signals and endings."""
