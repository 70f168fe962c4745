"""Tables of tiny functions with known dependencies, for the theory and for the linearisation."""
