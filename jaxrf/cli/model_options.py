"""Options of the command line about a model and what it is fed with; one is given once."""

from __future__ import annotations

import argparse

from jaxrf.cli.assignment import assignment
from jaxrf.console.results import say

__all__ = ["Once", "add_input_options", "add_model_options"]

PREPROCESSES = "standardize, unit, bytes, symmetric, imagenet or caffe"


class Once(argparse.Action):
    """Stores a value; of several the last, as is usual, and says so."""

    def __call__(self, parser, namespace, values, option_string=None):
        """Store it."""
        given = namespace.__dict__.setdefault("_given", set())
        if option_string is not None and self.dest in given:
            before = getattr(namespace, self.dest)
            say(
                f"{parser.prog}: warning: {option_string}: got {before} and then {values}, "
                f"used {values}"
            )
        given.add(self.dest)
        setattr(namespace, self.dest, values)


def add_model_options(command: argparse.ArgumentParser) -> None:
    """``--call`` and ``--variables``."""
    command.add_argument(
        "--call",
        type=assignment,
        action=_Call,
        default={},
        metavar="NAME=VALUE",
        help="keyword argument of the model's own call, e.g. train=true; again for every further",
    )
    command.add_argument(
        "--variables",
        metavar="FILE",
        help="weights of the model: .msgpack, .safetensors, .npz or an Orbax folder",
    )


def add_input_options(command: argparse.ArgumentParser) -> None:
    """``--images``, how they are prepared, and ``--inputs``."""
    command.add_argument(
        "--images", metavar="FOLDER", help="photographs as inputs; skimage: those it ships"
    )
    command.add_argument(
        "--preprocess",
        metavar="NAME",
        help=f"what --images become: {PREPROCESSES} (standardize: each of mean 0, deviation 1)",
    )
    command.add_argument(
        "--inputs", metavar="FILE", help="inputs as they are: an array [N, ...], .npy or .npz"
    )


class _Call(argparse.Action):
    """Collects named arguments, and refuses one that is given twice."""

    def __call__(self, parser, namespace, values, option_string=None):
        """Add one."""
        name, value = values
        before = getattr(namespace, self.dest)
        if name in before:
            parser.error(f"{option_string}: got {name} twice, need it once")
        setattr(namespace, self.dest, {**before, name: value})
