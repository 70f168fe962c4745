"""Control flow, references and devices, written out."""
