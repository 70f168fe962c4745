"""What a running command shows, and how it ends."""
