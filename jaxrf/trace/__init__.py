"""Any JAX callable -> flat program -> :class:`jaxrf.graph.Graph`."""
