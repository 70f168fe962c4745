"""Results as tables, as JSON and in files: one module per result."""
