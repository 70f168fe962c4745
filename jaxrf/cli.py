"""The command line: arguments in, exit code out. What the commands do is in jaxrf/commands.py."""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Sequence
from difflib import get_close_matches
from typing import NoReturn

from jaxrf.check_options import add_check_options
from jaxrf.ending import ended
from jaxrf.file_options import add_files as _files
from jaxrf.file_options import add_format as _format
from jaxrf.heartbeat import reports
from jaxrf.interrupts import INTERRUPTED, held_back
from jaxrf.model_options import Once, add_input_options, add_model_options
from jaxrf.option_types import integers, named, seed
from jaxrf.results import results_apart, say
from jaxrf.shape_option import AppendShape, shape_option
from jaxrf.target_options import add_target_options
from jaxrf.version import __version__

__all__ = ["main", "run"]


class _Parser(argparse.ArgumentParser):
    """Usage errors in one line; a value that is given twice is told.

    Options are given in full: a shorter one may mean another tomorrow.
    """

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **{"allow_abbrev": False, **options})
        for name in (None, "store"):
            self.register("action", name, Once)

    def parse_known_args(self, args=None, namespace=None):
        """What a command does not know it says itself, and which option may have been meant."""
        found, unknown = super().parse_known_args(args, namespace)
        if unknown:
            option = unknown[0].partition("=")[0]
            known = [o for o in self._option_string_actions if o != option]
            longer = [o for o in known if o.startswith(option)]
            near = longer or get_close_matches(option, known, 1, 0.8)
            meant = f"; did you mean {' or '.join(near)}?" if near and len(option) > 2 else ""
            if "others" in found and not option.startswith("-"):
                meant = "; models stand together, before the options"
            self.error(f"unrecognized arguments: {' '.join(unknown)}{meant}")
        return found, unknown

    def error(self, message: str):
        say(f"{self.prog}: error: {message}; see {self.prog} --help")
        raise SystemExit(2)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code (0 fine, 1 failed check, 2 usage, 3 not exact)."""
    return _answered(_options(sys.argv[1:] if arguments is None else arguments))


def _answered(options: argparse.Namespace, *, for_good: bool = False) -> int:
    def command() -> int:
        with results_apart(for_good=for_good), reports(options.command):
            with held_back():
                from jaxrf import commands
                from jaxrf.file_inputs import complete

                if hasattr(options, "target"):
                    import jax  # noqa: F401
            if not getattr(options, "others", ()):  # each of several models has shapes of its own
                complete(options)
            return getattr(commands, options.command)(options)

    return ended(command, options.command, debug=options.debug)


def run() -> NoReturn:
    """The installed command: :func:`main`, ended at once after an interrupt.

    The interpreter would take apart what XLA's threads are still compiling with.
    """
    code = _answered(_options(sys.argv[1:]), for_good=True)
    if code == INTERRUPTED:
        os._exit(code)
    sys.exit(code)


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    return _parser().parse_args(_joined(arguments))


def _joined(arguments: Sequence[str]) -> list[str]:
    """``--at -1,3`` as ``--at=-1,3``: argparse takes numbers with a comma and a minus for options.

    >>> _joined(["--at", "-1,3"])
    ['--at=-1,3']
    """
    joined: list[str] = []
    for argument in arguments:
        if joined and joined[-1] in ("--at", "--axes", "--shape") and re.match(r"-\d", argument):
            joined[-1] += f"={argument}"
        else:
            joined.append(argument)
    return joined


MAPS = {"abs": "|g|", "relu": "relu(g)", "mean": "mean g"}  # without what a shell would take


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="jaxrf",
        description="Which inputs does an output look at, and how hard? Receptive fields of any "
        "network that JAX can run: derived, measured, and each checked against the other.",
    )
    parser.add_argument("--version", action="version", version=f"jaxrf {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _field(commands)
    _support(commands)
    _erf(commands)
    _predict(commands)
    _compare(commands)
    _figures(commands)
    zoo = commands.add_parser("zoo", help="list the networks that zoo:NAME stands for")
    _files(zoo, ".json, .csv, .md, .tex or .txt")
    _format(zoo)
    debug: dict = {"action": "store_true", "help": "with an error, show the traceback"}
    parser.add_argument("--debug", **debug)
    for command in commands.choices.values():  # and after the command, without undoing the first
        command.add_argument("--debug", **debug, default=argparse.SUPPRESS)
    return parser


def _model(commands, name: str, help: str) -> argparse.ArgumentParser:
    """A command on a model."""
    command = commands.add_parser(name, help=help, description=help)
    command.add_argument(
        "target", help="zoo:NAME, package.module:attribute, path/to/file.py:attribute or net.onnx"
    )
    command.add_argument(
        "--shape",
        type=shape_option,
        action=AppendShape,
        metavar="N,H,W,C",
        help="shape of the input; again for every further one, e.g. 1,77:int32, or by the name of "
        "the argument: t=1,77, batch/image=1,64,64,3 inside a dict, xs/0=1,8 inside a list; what "
        "is left out of an ONNX file is as it declares, and zoo:NAME has a usual one",
    )
    command.add_argument(
        "--value",
        type=named,
        action="append",
        default=[],
        metavar="NAME=NUMBERS",
        help="hold an input of an ONNX file at a known value, e.g. sr=16000",
    )
    command.add_argument("--wrt", metavar="INPUT", help="name of the input (the first)")
    command.add_argument(
        "--axes", type=integers, metavar="1,2", help="spatial axes (all but first and last)"
    )
    command.add_argument(
        "--factory", action="store_true", help="call the target without arguments first"
    )
    command.add_argument("--width", type=float, help="width factor of a zoo network")
    add_target_options(command)
    add_model_options(command)
    return command


def _field(commands) -> None:
    command = _model(commands, "field", "derive size, stride, padding and alignment")
    command.add_argument(
        "others", nargs="*", metavar="TARGET", help="further models, in one table and one figure"
    )
    command.add_argument(
        "--endpoint", "--at", dest="endpoint", metavar="NAME", help="only this end-point"
    )
    command.add_argument(
        "--start",
        type=int,
        metavar="N",
        help="a length that the model takes, for a shape with free lengths: 1,None,None,3 or "
        "1,?,?,3 (usual ones are tried)",
    )
    command.add_argument(
        "--all",
        action="store_true",
        help="also the sub-modules of a model that names end-points; every row of a long table",
    )
    command.add_argument(
        "--strict", action="store_true", help="exit 3 where an operation is not known"
    )
    add_check_options(command)
    command.add_argument(
        "--rate", type=float, metavar="HZ", help="input samples per second, for r and S in ms too"
    )
    _files(command)
    _format(command)


def _place(command) -> None:
    """Which feature."""
    command.add_argument(
        "--at", type=integers, metavar="3,3", help="output index per spatial axis (the centre)"
    )
    command.add_argument("--endpoint", metavar="NAME", help="feature map (the model's output)")
    command.add_argument("--seed", type=seed, default=0, help="of weights, inputs and signs")


def _sampling(command, samples: int | None, of: str) -> None:
    command.add_argument("--samples", type=int, default=samples, help=of)
    command.add_argument(
        "--weight-seeds", type=int, metavar="N", help="networks to draw (one for every sample)"
    )
    add_input_options(command)
    command.add_argument("--batch", type=int, default=4, help="samples per backward pass (4)")


def _support(commands) -> None:
    command = _model(commands, "support", "measure which inputs reach a feature, against theory")
    _place(command)
    command.add_argument(
        "--no-plain", action="store_true", help="leave out the gradient of the model as it is"
    )
    _files(command)
    _format(command)


def _estimating(command) -> None:
    """What a sample is, and how many are enough."""
    command.add_argument(
        "--cotangent",
        default="rademacher",
        metavar="NAME",
        help="over channels: rademacher, gaussian, hadamard, one-hot, ones, active or exact, which "
        "takes each in turn (rademacher)",
    )
    command.add_argument(
        "--channels",
        type=integers,
        metavar="3,17",
        help="with --cotangent exact: only these, and -o x.npz keeps the map of each",
    )
    command.add_argument(
        "--map",
        type=lambda name: MAPS.get(name, name),
        default="g^2",
        metavar="NAME",
        help="what is averaged: g^2, abs, relu or mean (g^2)",
    )
    command.add_argument(
        "--normalize", action="store_true", help="divide the map of every sample by its sum"
    )
    command.add_argument(
        "--positions", type=int, default=1, metavar="N", help="impulses in one pass, at most (1)"
    )
    command.add_argument(
        "--input-seeds", type=int, metavar="N", help="random inputs to draw (one for every sample)"
    )
    command.add_argument(
        "--recipe",
        metavar="NAME",
        help="as a published script has it, and done right beside it: luo2016, replknet, vmamba, "
        "mambair or openerf",
    )
    command.add_argument(
        "--precision",
        type=float,
        metavar="0.01",
        help="stop when the relative standard error of sigma is below it; --samples is the most",
    )


def _perturbing(command) -> None:
    """Noise in the place of a gradient."""
    command.add_argument(
        "--perturb",
        type=float,
        metavar="AMPLITUDE",
        help="add noise of this standard deviation to one pixel at a time, and average the "
        "squared change of the feature over the variance of the noise",
    )
    command.add_argument(
        "--cell",
        type=int,
        metavar="N",
        help="side of what --perturb changes at once, input pixels (the smallest that leaves "
        "at most 1024 cells)",
    )


def _everywhere(command) -> None:
    """All output positions."""
    command.add_argument(
        "--everywhere",
        action="store_true",
        help="energy, centroid and sigma at every output position: borders, checkerboards, dead "
        "pixels; the prediction beside them",
    )
    command.add_argument(
        "--step", type=int, metavar="N", help="every N-th position along each axis (1)"
    )


def _erf(commands) -> None:
    command = _model(commands, "erf", "measure the effective receptive field of a feature")
    _place(command)
    _sampling(command, None, "(256, or what the recipe has; 64 with --perturb or --everywhere)")
    _estimating(command)
    _perturbing(command)
    _everywhere(command)
    _files(command)
    command.add_argument(
        "--resume",
        action="store_true",
        help="go on where an interrupted run with -o stopped; with more --samples, where a "
        "finished one in -o x.npz ended",
    )
    _format(command)


def _predict(commands) -> None:
    command = _model(commands, "predict", "predict the effective field over random weights")
    _place(command)
    command.add_argument(
        "--draws",
        type=int,
        metavar="N",
        help="networks whose gates are averaged over (as many as 1 %% of sigma needs, 2 to 64; "
        "4 with --paths)",
    )
    add_input_options(command)
    command.add_argument(
        "--no-calibrate",
        action="store_true",
        help="run no layer: every pre-activation is standard normal",
    )
    command.add_argument(
        "--paths",
        action="store_true",
        help="energy, sigma and r by the number of residual branches that a path passes",
    )
    _files(command)
    _format(command)


def _compare(commands) -> None:
    command = _model(
        commands, "compare", "theory, measured support, ERF and prediction side by side"
    )
    command.add_argument("--endpoint", metavar="NAME", help="feature map (the model's output)")
    command.add_argument("--seed", type=seed, default=0, help="of everything random")
    _sampling(command, 32, "(32)")
    command.add_argument(
        "--no-plain", action="store_true", help="leave out the gradient of the model as it is"
    )
    _files(command)
    _format(command)


def _figures(commands) -> None:
    help = "run the scripts of experiments/: the figures and tables of the repository"
    command = commands.add_parser("figures", help=help, description=help)
    command.add_argument("names", nargs="*", metavar="NAME", help="which of them (all)")
    command.add_argument(
        "--list", action="store_true", help="only say what there is, and what is complete"
    )
    command.add_argument(
        "--check",
        action="store_true",
        help="compute again elsewhere and compare with what there is; nothing is written",
    )
    command.add_argument("--quick", action="store_true", help="a smaller version of each")
    command.add_argument("--out", metavar="FOLDER", help="figures/ beside experiments/")
    command.add_argument(
        "--fresh", action="store_true", help="run what is complete too, from the beginning"
    )
    command.add_argument(
        "--resume",
        action="store_true",
        help="go on where a run stopped, as it does anyway",
    )
    _format(command)


if __name__ == "__main__":
    run()
