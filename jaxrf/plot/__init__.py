"""Figures: every function takes ``ax=`` and returns its artists.

:func:`draw` takes any result. :func:`erf` and :func:`section` draw a measured :class:`jaxrf.ERF`,
:func:`report` a whole :class:`jaxrf.Comparison`, :func:`fields` several models; :func:`heat_map`
and :func:`cross_section` take arrays too, :func:`summary` takes them alone.
"""

from jaxrf.plot.branches import branches
from jaxrf.plot.draw import draw, figure_of
from jaxrf.plot.everywhere import everywhere, position_map
from jaxrf.plot.fields import fields
from jaxrf.plot.growth import growth
from jaxrf.plot.heatmap import heat_map
from jaxrf.plot.measured import erf, report, section
from jaxrf.plot.path import path
from jaxrf.plot.scatter import scatter
from jaxrf.plot.section import cross_section
from jaxrf.plot.share import field_share
from jaxrf.plot.strips import layer_strips
from jaxrf.plot.style import save
from jaxrf.plot.summary import summary

__all__ = [
    "branches",
    "cross_section",
    "draw",
    "erf",
    "everywhere",
    "field_share",
    "fields",
    "figure_of",
    "growth",
    "heat_map",
    "layer_strips",
    "path",
    "position_map",
    "report",
    "save",
    "scatter",
    "section",
    "summary",
]
