"""Text and tables."""
