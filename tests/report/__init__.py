"""Tables and JSON of results."""
