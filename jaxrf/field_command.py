"""``jaxrf field``: what is said of one model, or of several side by side."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from jaxrf.output import Told
from jaxrf.placed import told_target

if TYPE_CHECKING:
    from jaxrf.analysis import Analysis

__all__ = ["told_field"]


def told_field(options: argparse.Namespace, analysis: Analysis) -> Told:
    """Everything about one model.

    Raises:
        InvalidInput: a rate that cannot be used.
    """
    from jaxrf.fields import Fields
    from jaxrf.readable import LONG
    from jaxrf.serialize import analysis_dict
    from jaxrf.storage import save
    from jaxrf.tables import field_table

    only, rate = options.endpoint, options.rate
    whole = field_table(analysis, only=only, rate=rate)
    most = None if options.all else LONG
    document = analysis_dict(analysis, only=only, target=told_target(options.target))
    names = analysis.names if only is None else (analysis.find(only),)
    fields = Fields(tuple(analysis[name] for name in names), whole, document)
    return Told(
        document,
        [whole],
        brief=[field_table(analysis, only=only, most=most, rate=rate)],
        save=lambda file: save(fields, file, numbers=document),
        draw=lambda: _drawn(analysis),
    )


def _drawn(analysis: Analysis) -> Any:
    from jaxrf.plot import draw, figure_of

    return figure_of(draw(analysis))
