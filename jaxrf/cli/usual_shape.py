"""``--shape`` where it is left out: the usual one of a network of the zoo."""

from __future__ import annotations

import argparse

from jaxrf.console.results import say
from jaxrf.errors import InvalidInput

__all__ = ["usual_shape"]


def usual_shape(options: argparse.Namespace) -> None:
    """Set ``options.shape`` of a command on a model where none was given, and say so.

    Raises:
        InvalidInput: the target is no network of the zoo.
        TargetError: the zoo has no such network.
    """
    if getattr(options, "shape", ()) is not None:
        return
    place, _, name = options.target.rpartition(":")
    if place != "zoo" or not name:
        raise InvalidInput(
            "--shape: got none, need that of the input, e.g. --shape 1,224,224,3 (zoo:NAME has a "
            f"usual one, an ONNX file its own); see jaxrf {options.command} --help"
        )
    from jaxrf import zoo

    shape = zoo.input_shape(name)
    options.shape, options.shape_names = [(shape, None)], [""]
    say(
        f"jaxrf {options.command}: input {','.join(map(str, shape))}, the usual one of zoo:{name}; "
        "--shape for another"
    )
