"""One file per family of programs; each draws a few pieces of source text that keep x's shape."""
