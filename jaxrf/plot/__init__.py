"""Figures of receptive fields: every function takes ``ax=`` and returns its artists.

:func:`erf` and :func:`section` draw a measured :class:`jaxrf.ERF`, :func:`report` a whole
:class:`jaxrf.Comparison`; :func:`heat_map`, :func:`cross_section` and :func:`summary` draw arrays.
"""

from jaxrf.plot.branches import branches
from jaxrf.plot.everywhere import everywhere, position_map
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
    "erf",
    "everywhere",
    "field_share",
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
