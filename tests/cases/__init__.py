"""Tables of tiny functions with known dependencies, for the theory and for the linearisation."""

from tests.cases import (
    algebra,
    compositions,
    contractions,
    control,
    elementwise,
    fourier,
    indexing,
    masks,
    references,
    sequences,
    windows,
)

__all__ = ["TABLES"]

# Name -> its cases.
TABLES = {
    table.__name__.split(".")[-1]: table.CASES
    for table in (
        algebra,
        compositions,
        contractions,
        control,
        elementwise,
        fourier,
        indexing,
        masks,
        references,
        sequences,
        windows,
    )
}
