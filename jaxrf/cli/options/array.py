"""``--array`` and ``--merge``: one job of an array of jobs, and the field that all of them make."""

from __future__ import annotations

import argparse
import os
import re
from collections.abc import Mapping

from jaxrf.errors import InvalidInput

__all__ = ["ArrayOptions", "add_array", "job_of"]

# batch system -> the variables of a job of an array: its number, the first, the last, the step
SYSTEMS = {
    "SLURM": (
        *("SLURM_ARRAY_TASK_ID", "SLURM_ARRAY_TASK_MIN", "SLURM_ARRAY_TASK_MAX"),
        "SLURM_ARRAY_TASK_STEP",
    ),
    "Grid Engine": ("SGE_TASK_ID", "SGE_TASK_FIRST", "SGE_TASK_LAST", "SGE_TASK_STEPSIZE"),
    "LSF": ("LSB_JOBINDEX", "", "LSB_JOBINDEX_END", "LSB_JOBINDEX_STEP"),  # the first one is 1
}


class ArrayOptions(argparse.Namespace):
    """Options of an array of jobs.

    Attributes:
        array: which job of how many, as it is typed; None for a run of its own.
        merge: files of shares to merge; None where there are none.
    """

    array: str | None
    merge: list[str] | None


def add_array(command: argparse.ArgumentParser) -> None:
    """``--array`` and ``--merge``."""
    command.add_argument(
        "--array",
        metavar="I/N",
        help="draw the share of job I of N, from 1 on, into -o share.npz; auto: as SLURM, Grid "
        "Engine or LSF number this job of an array",
    )
    command.add_argument(
        "--merge",
        nargs="+",
        metavar="SHARE",
        help="without TARGET: the field of the shares of all jobs, as one run would have made it",
    )


def job_of(text: str, environment: Mapping[str, str] = os.environ) -> tuple[int, int]:
    """(number of the job from 1 on, number of jobs).

    >>> job_of("2/8")
    (2, 8)
    >>> names = SYSTEMS["SLURM"]
    >>> job_of("auto", dict(zip(names, ("6", "0", "14", "2"))))
    (4, 8)

    Raises:
        InvalidInput: another form, or ``auto`` outside an array.
    """
    if text == "auto":
        for name, (here, first, last, step) in SYSTEMS.items():
            numbers = {n: _whole(environment.get(n, "")) for n in (here, first, last, step)}
            number, end, stride = numbers[here], numbers[last], numbers[step] or 1
            begin = numbers[first] if first else 1
            if number is None or (number == 0 and name == "LSF"):  # 0: no array
                continue
            if begin is None or end is None or (number - begin) % stride or number > end:
                raise InvalidInput(
                    f"--array auto: got {here}={number} of {name} without a first and a last job "
                    f"that go with it; need --array I/N"
                )
            return (number - begin) // stride + 1, (end - begin) // stride + 1
        raise InvalidInput(
            f"--array auto: got no job of an array of {', '.join(SYSTEMS)}; need --array I/N, e.g. "
            "--array 2/8"
        )
    found = re.fullmatch(r"(\d+)/(\d+)", text)
    if found is None or not 1 <= int(found[1]) <= int(found[2]):
        raise InvalidInput(f"--array: got {text!r}, need I/N with I from 1 to N, e.g. 2/8, or auto")
    return int(found[1]), int(found[2])


def _whole(text: str) -> int | None:
    """A number of the environment; Grid Engine says "undefined" where there is none."""
    return int(text) if re.fullmatch(r"\d+", text) else None
