"""Theory against measurement, and several models side by side."""
