"""Progress, output streams and exit of a running command."""
