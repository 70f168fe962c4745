"""Figures of receptive fields: every function takes ``ax=`` and returns its artists."""

from jaxrf.plot.erf import erf
from jaxrf.plot.section import cross_section
from jaxrf.plot.style import save
from jaxrf.plot.summary import summary

__all__ = ["cross_section", "erf", "save", "summary"]
