"""The options that choose the measured feature and the seed."""

from __future__ import annotations

import argparse

from jaxrf.cli.options.parse import integers, seed

__all__ = ["EndpointOptions", "FeatureOptions", "add_endpoint", "add_feature"]


class EndpointOptions(argparse.Namespace):
    """One feature map.

    Attributes:
        endpoint: its name; None is the model's output.
        seed: of all random numbers.
    """

    endpoint: str | None
    seed: int


class FeatureOptions(EndpointOptions):
    """One feature.

    Attributes:
        at: output index per spatial axis; None is the central one.
    """

    at: tuple[int, ...] | None


def add_feature(command: argparse.ArgumentParser) -> None:
    """``--at``, ``--endpoint`` and ``--seed``."""
    command.add_argument(
        "--at", type=integers, metavar="3,3", help="output index per spatial axis (the centre)"
    )
    add_endpoint(command, "of weights, inputs and signs (0)")


def add_endpoint(command: argparse.ArgumentParser, drawn: str) -> None:
    """``--endpoint`` and ``--seed``, for a command that chooses the positions itself.

    Args:
        command: a parser.
        drawn: what the seed is of.
    """
    command.add_argument("--endpoint", metavar="NAME", help="feature map (the model's output)")
    command.add_argument("--seed", type=seed, default=0, help=drawn)
