"""``reinit``: draw the weights of a model that comes with its own."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from jaxrf.errors import InvalidInput
from jaxrf.frameworks.network import Network

__all__ = ["Reinit", "redrawing", "reinit"]


@dataclass(frozen=True)
class Reinit:
    """A model whose weights are initialised anew for every key.

    Attributes:
        model: the model; its own weights are not used.
    """

    model: Any


def reinit(model: Any) -> Reinit:
    """The model, its weights drawn anew by its own initialisers wherever weights are drawn.

    ``measure_erf(reinit(model), shape)`` is the field over random networks, not that of the
    weights that the model has. A PyTorch module is initialised by the ``reset_parameters`` of its
    parts; parameters without one are drawn with their own mean and standard deviation. Models
    whose weights are drawn anyway (Flax Linen, Haiku, anything with ``init``) stay what they are.

    Args:
        model: as for :func:`jaxrf.analyze`.

    Raises, when it is used:
        InvalidInput: the model has weights, and no way to draw others.
    """
    return Reinit(model)


def redrawing(network: Network) -> Network:
    """The network, its weights random.

    Raises:
        InvalidInput: the model has no known initialiser.
    """
    if network.random:
        return network
    if network.redraw is None:
        raise InvalidInput(
            f"reinit: model {network.name} has its weights and no way to draw others; need a "
            "PyTorch module, or a model with init and apply"
        )
    return replace(network, init=network.redraw, variables=None)
