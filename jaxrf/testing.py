"""Assertions for the tests of a model: its field is what it should be.

>>> import jaxrf
>>> blur = lambda x: x[:, :-2] + 2 * x[:, 1:-1] + x[:, 2:]
>>> assert_field(blur, (1, 9, 1), size=3, padding="<= 0")
>>> assert_field(blur, (1, 9, 1), r=5)
Traceback (most recent call last):
AssertionError: <lambda>, input 1x9x1: output: expected size 5, got 3
"""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jaxrf.arguments.annotations import check_arguments
from jaxrf.arguments.names import suggestion
from jaxrf.errors import InvalidInput
from jaxrf.expect.checks import baseline_failures, expectation_failures, rewrite_baseline
from jaxrf.expect.expectations import NAMES, Expectation, expectation

if TYPE_CHECKING:
    from jaxrf.theory.analysis import Analysis
    from jaxrf.theory.sizes.result import SizeFreeAnalysis

__all__ = ["assert_baseline", "assert_field"]


def assert_field(
    model: Any, shape: Any = None, *, endpoint: str | None = None, **expected: Any
) -> None:
    """Assert properties of the field of an end-point.

    Args:
        model: anything that :func:`jaxrf.analyze` takes; or an ``Analysis`` or a
            ``SizeFreeAnalysis``, without a shape.
        shape: of the input; with None for free lengths, what is expected has to hold at every one.
        endpoint: whose field, in full or by its last parts, ``*`` standing for anything; None is
            the output.
        **expected: ``size`` (or ``r``), ``stride`` (``S``), ``padding`` (``P``), ``period``,
            ``look_back`` and ``look_ahead`` in input samples, ``aligned``, ``is_global``,
            ``causal``. A value for all axes, or a tuple of one per axis; None for what cannot be
            told, "all" for a look without a bound; or a text with a relation, such as "<= 500".
            Every other keyword is an option of :func:`jaxrf.analyze`.

    Raises:
        AssertionError: one line for everything that differs: end-point, expected, got.
        InvalidInput: nothing was expected, or something that no field has.
        JaxrfError: the model cannot be analysed.
    """
    check_arguments(assert_field, locals())
    __tracebackhide__ = True
    options = {name: expected.pop(name) for name in _options(shape) if name in expected}
    if not expected:
        raise InvalidInput(f"assert_field: got nothing to expect, need one of {', '.join(NAMES)}")
    items = [_item(name, value, endpoint, shape) for name, value in expected.items()]
    analysis = _analyzed(model, shape, options)
    _fail(analysis, expectation_failures(analysis, items))


def assert_baseline(
    model: Any, shape: Any = None, *, file: str | Path, update: bool = False, **options: Any
) -> None:
    """Assert that every end-point is as a committed file has it.

    Args:
        model: as in :func:`assert_field`.
        shape: of the input.
        file: written by ``update``, or by ``jaxrf field --baseline FILE --update``.
        update: write the file instead.
        **options: of :func:`jaxrf.analyze`.

    Raises:
        AssertionError: one line for every end-point that differs.
        InvalidInput: no such file, a file of something else, or about another input.
        JaxrfError: the model cannot be analysed.
    """
    check_arguments(assert_baseline, locals())
    __tracebackhide__ = True
    for name in options:
        if name not in _options(shape):
            raise InvalidInput(f"assert_baseline: got {name!r}, which is no option of analyze")
    analysis = _analyzed(model, shape, options)
    if update:
        rewrite_baseline(analysis, file)
        return
    _fail(analysis, baseline_failures(analysis, file))


def _options(shape: Any) -> tuple[str, ...]:
    """Names of the keywords of the analysis."""
    from jaxrf.theory.analyze import analyze
    from jaxrf.theory.sizes.analyze import analyze_sizes

    call = analyze_sizes if _has_free_lengths(shape) else analyze
    return tuple(inspect.signature(call).parameters)[2:]


def _has_free_lengths(shape: Any) -> bool:
    import jax

    entries = jax.tree.leaves(shape, is_leaf=lambda entry: entry is None)
    lengths = (getattr(entry, "shape", (entry,)) for entry in entries)
    return shape is not None and any(None in several for several in lengths)


def _item(name: str, value: Any, endpoint: str | None, shape: Any) -> Expectation:
    try:
        return expectation(name, value, endpoint)
    except InvalidInput as error:
        near = "" if name in NAMES else suggestion(name, [*NAMES, *_options(shape)])
        raise InvalidInput(f"assert_field: {error}{near}") from None


def _analyzed(model: Any, shape: Any, options: dict[str, Any]) -> Analysis | SizeFreeAnalysis:
    from jaxrf.theory.analysis import Analysis
    from jaxrf.theory.analyze import analyze
    from jaxrf.theory.sizes.analyze import analyze_sizes
    from jaxrf.theory.sizes.result import SizeFreeAnalysis

    if isinstance(model, Analysis | SizeFreeAnalysis):
        if shape is not None or options:
            given = "a shape" if shape is not None else next(iter(options))
            raise InvalidInput(f"got {given} beside an analysis, which has its own; leave it out")
        return model
    return (analyze_sizes if _has_free_lengths(shape) else analyze)(model, shape, **options)


def _fail(analysis: Analysis | SizeFreeAnalysis, lines: list[str]) -> None:
    __tracebackhide__ = True
    if lines:
        name = analysis.to_dict(only=analysis.names[-1])["target"]
        shape = "x".join("?" if n is None else str(n) for n in analysis.shape)
        separator = " " if len(lines) == 1 else "\n  "
        raise AssertionError(f"{name}, input {shape}:{separator}" + "\n  ".join(lines))
