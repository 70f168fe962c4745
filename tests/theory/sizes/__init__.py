"""Every input length at once."""
