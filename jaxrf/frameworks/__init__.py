"""A model of any framework as one pure function with named end-points.

A framework is recognised by what a model *is*, and imported only if it is loaded already.
"""

from jaxrf.frameworks.adapt import as_network
from jaxrf.frameworks.network import Network

__all__ = ["Network", "as_network"]
