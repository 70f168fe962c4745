"""The scripts of experiments/."""
