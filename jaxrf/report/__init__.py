"""Results as tables and as JSON: one module per result, and the files that results are kept in."""
