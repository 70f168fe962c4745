"""Check a model against expectations of its end-points and a baseline of all of them."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING

from jaxrf.errors import InvalidInput
from jaxrf.expect.baseline import differences, document_of, read_baseline, write_baseline
from jaxrf.expect.expectations import Expectation, violations

if TYPE_CHECKING:
    from jaxrf.theory.analysis import Analysis
    from jaxrf.theory.sizes.result import SizeFreeAnalysis

__all__ = ["baseline_failures", "expectation_failures", "rewrite_baseline"]


def expectation_failures(
    analysis: Analysis | SizeFreeAnalysis,
    expectations: Sequence[Expectation],
    *,
    endpoint: str | None = None,
) -> list[str]:
    """One line for every expectation that does not hold.

    Args:
        analysis: of the model.
        expectations: each about its end-point, in full or by its last parts; ``*`` in it stands for
            anything.
        endpoint: the end-point of expectations that name none; None is the output.

    Raises:
        InvalidInput: there is no such end-point.
    """
    return [
        line
        for item in expectations
        for name in _named(analysis, item.endpoint or endpoint)
        for line in _unexpected(analysis, name, item)
    ]


def _named(analysis: Analysis | SizeFreeAnalysis, wanted: str | None) -> Sequence[str]:
    """The end-points that a name or pattern stands for."""
    if wanted is None or "*" not in wanted or wanted in analysis.names:
        return [analysis.find(wanted)]
    found = [name for name in analysis.names if fnmatchcase(name, wanted)]
    if not found:
        analysis.find(wanted)  # says what there is
    return found


def _unexpected(analysis: Analysis | SizeFreeAnalysis, name: str, item: Expectation) -> list[str]:
    from jaxrf.expect.sizes import violations as for_every_length
    from jaxrf.theory.sizes.result import SizeFreeAnalysis

    if isinstance(analysis, SizeFreeAnalysis):
        return for_every_length(analysis[name], [item])
    return violations(analysis[name], [item])


def baseline_failures(
    analysis: Analysis | SizeFreeAnalysis, file: str | Path, *, endpoint: str | None = None
) -> list[str]:
    """One line for every end-point that is not as the file has it.

    Args:
        analysis: of the model.
        file: of the baseline.
        endpoint: compare this one alone; None is all of them.

    Raises:
        InvalidInput: no such file or end-point, or a baseline of another input.
    """
    only = None if endpoint is None else [analysis.find(endpoint)]
    return differences(read_baseline(Path(file)), document_of(analysis.to_dict()), only)


def rewrite_baseline(analysis: Analysis | SizeFreeAnalysis, file: str | Path) -> int:
    """Write the baseline of a model; returns the number of its end-points.

    Raises:
        InvalidInput: the file is something else, or cannot be written.
    """
    document = document_of(analysis.to_dict())
    try:
        write_baseline(Path(file), document)
    except OSError as error:
        raise InvalidInput(
            f"baseline: got {file}, which cannot be written ({error.strerror}); name another file"
        ) from error
    return len(document["endpoints"])
