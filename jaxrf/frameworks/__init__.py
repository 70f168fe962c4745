"""Models of any framework -> one pure function of variables and input, with named end-points.

A framework is recognised by what a model *is*, and imported only if it is loaded already.
"""

from jaxrf.frameworks.network import Network, as_network

__all__ = ["Network", "as_network"]
