"""Networks to try jaxrf on: those of TF-Slim, rebuilt in Flax Linen.

>>> from jaxrf import zoo
>>> zoo.names()[:2]
('alexnet_v2', 'vgg_a')
>>> zoo.resnet_v1_50(width=0.25)
jaxrf.zoo.resnet_v1_50(width=0.25)

A network is a table (``rows.py`` has the vocabulary, one file per family has the tables) that
``network.py`` turns into a module. Only :func:`load` imports Flax; listing names is free.
Strides, paddings and end-point names are those of the networks in tensorflow/models
(research/slim/nets); what differs is the initial weights (see ``network.py``).
"""

import functools
import math
from typing import TYPE_CHECKING

from jaxrf.arguments.annotations import check_arguments
from jaxrf.arguments.names import suggestion
from jaxrf.errors import InvalidInput, TargetError
from jaxrf.zoo import (
    alexnet,
    inception2,
    inception3,
    inception4,
    inception_resnet,
    mobilenet,
    resnet_v1,
    resnet_v2,
    vgg,
)
from jaxrf.zoo.rows import Definition

if TYPE_CHECKING:
    from collections.abc import Callable

    from jaxrf.zoo.network import Network

# One file per family: NETWORKS holds its tables. A file must not be called like a network: the
# submodule would hide its constructor.
_FAMILIES = (
    alexnet,
    vgg,
    inception2,
    inception3,
    inception4,
    inception_resnet,
    mobilenet,
    resnet_v1,
    resnet_v2,
)
_DEFINITIONS: dict[str, Definition] = {
    definition.name: definition for family in _FAMILIES for definition in family.NETWORKS
}
# Variants have hyphens in their names, constructors cannot; both are accepted everywhere.
_IDENTIFIERS = {name.replace("-", "_"): name for name in _DEFINITIONS}


def names() -> tuple[str, ...]:
    """Names of all networks."""
    return tuple(_DEFINITIONS)


def definition(name: str) -> Definition:
    """The table of a network.

    Raises:
        TargetError: there is no network of that name.
    """
    try:
        return _DEFINITIONS[_IDENTIFIERS.get(name, name)]
    except (KeyError, TypeError):
        available = ", ".join(_DEFINITIONS)
        near = suggestion(str(name), _DEFINITIONS)
        raise TargetError(f"no network {name!r} in the zoo; available: {available}{near}") from None


def describe(name: str) -> str:
    """One line on a network: what it is, and the paper with its year.

    Raises:
        TargetError: there is no network of that name.
    """
    found = definition(name)
    return f"{found.summary} ({found.paper})"


def input_shape(name: str) -> tuple[int, int, int, int]:
    """The usual shape of the input of a network, [N, H, W, C]: one image as TF-Slim has it.

    >>> input_shape("resnet_v1_50"), input_shape("inception_v3")
    ((1, 224, 224, 3), (1, 299, 299, 3))

    Raises:
        TargetError: there is no network of that name.
    """
    side = definition(name).image
    return (1, side, side, 3)


def load(name: str, *, width: float = 1.0) -> "Network":
    """A network, as a Flax Linen module from images [N, H, W, C] to its last feature map.

    Args:
        name: one of :func:`names`.
        width: scales every channel count c to ``max(1, round(width * c))``.

    Raises:
        TargetError: there is no network of that name.
        InvalidInput: the width is not a positive number.
    """
    check_arguments(load, locals())
    found = definition(name)
    if not (math.isfinite(width) and width > 0):
        raise InvalidInput(f"width of {name}: got {width}, expected a positive number such as 0.25")
    from jaxrf.zoo.network import Network  # Flax takes a second to import

    return Network(found, width=width, name=found.name)


def __getattr__(name: str) -> "Callable[..., Network]":
    """One constructor per network: ``zoo.vgg_16(width=0.5)`` is ``zoo.load("vgg_16", ...)``."""
    if name not in _IDENTIFIERS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    constructor = functools.partial(load, name)
    constructor.__doc__ = describe(name)
    return constructor


def __dir__() -> list[str]:
    return sorted([*globals(), *_IDENTIFIERS])
