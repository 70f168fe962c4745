"""The options that set the number of samples, networks and inputs."""

from __future__ import annotations

import argparse

from jaxrf.cli.options.inputs import InputOptions, add_inputs

__all__ = ["SamplingOptions", "add_sampling"]


class SamplingOptions(InputOptions):
    """Numbers of samples and networks, and the batch size.

    Attributes:
        samples: largest number of samples; None is the default of the command.
        weight_seeds: number of random networks; None draws one per sample.
        batch: samples per backward pass.
    """

    samples: int | None
    weight_seeds: int | None
    batch: int


def add_sampling(command: argparse.ArgumentParser, samples: int | None, usual: str) -> None:
    """``--samples``, ``--weight-seeds``, the options of inputs, and ``--batch``.

    Args:
        command: a parser.
        samples: by default.
        usual: that number, for the help text.
    """
    command.add_argument("--samples", type=int, default=samples, help=usual)
    command.add_argument(
        "--weight-seeds", type=int, metavar="N", help="networks to draw (one for every sample)"
    )
    add_inputs(command)
    command.add_argument("--batch", type=int, default=4, help="samples per backward pass (4)")
