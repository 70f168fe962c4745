"""``--processes N``: the same command in N processes of this machine, as one job."""

from __future__ import annotations

import argparse
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from jaxrf.cli.job import BY_HAND
from jaxrf.console.heartbeat import reported_elsewhere
from jaxrf.console.interrupts import INTERRUPTED
from jaxrf.console.results import results_number, say
from jaxrf.errors import InvalidInput

__all__ = ["LaunchOptions", "add_processes", "launch", "launches"]

CHILD = "JAXRF_PROCESS"  # in the environment of a process that was started here
PATIENCE = 30.0  # seconds that the first process has to keep what was sampled


class LaunchOptions(argparse.Namespace):
    """Options of a command that starts itself several times.

    Attributes:
        processes: how many; None is this one alone.
        words: of the command line.
    """

    processes: int | None
    words: tuple[str, ...]


def add_processes(command: argparse.ArgumentParser) -> None:
    """``--processes``."""
    command.set_defaults(words=())
    command.add_argument(
        "--processes",
        type=int,
        metavar="N",
        help="as one job of N processes on the CPU of this machine; under srun, mpirun and by hand "
        "a job is found without it",
    )


def launches(options: LaunchOptions) -> bool:
    """Whether this process starts others, and does nothing else.

    Raises:
        InvalidInput: fewer than one process.
    """
    if options.processes is not None and options.processes < 1:
        raise InvalidInput(f"--processes: got {options.processes}, need at least 1")
    return options.processes not in (None, 1) and CHILD not in os.environ


def launch(options: LaunchOptions) -> int:
    """Exit code of the first process of a job, the one that prints.

    The first process alone is told of an interrupt: it keeps what was sampled, the others end.
    """
    count = options.processes or 1
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    path = [str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH", "")]
    common = {
        "JAX_PLATFORMS": "cpu",
        "JAX_COORDINATOR_BIND_ADDRESS": address,
        "PYTHONPATH": os.pathsep.join(filter(None, path)),
        CHILD: "1",
    }
    command = [sys.executable, "-m", "jaxrf", *options.words]
    children: list[subprocess.Popen[bytes]] = []
    with reported_elsewhere():
        try:
            for number in range(count):
                job = dict(zip(BY_HAND, (address, str(count), str(number)), strict=True))
                children.append(
                    subprocess.Popen(
                        command,
                        env={**os.environ, **common, **job},
                        process_group=0,
                        stdout=subprocess.DEVNULL if number else results_number(),
                    )
                )
            code = _waited(children)
        except KeyboardInterrupt:
            if children and children[0].poll() is None:
                children[0].send_signal(signal.SIGINT)
                _wait_for(children[0], PATIENCE)
            return INTERRUPTED
        finally:
            for child in children:
                child.kill()
            for child in children:
                child.wait()
    return code


def _waited(children: Sequence[subprocess.Popen[bytes]]) -> int:
    """Exit code of the first process, after all have ended or one was killed."""
    killed: int | None = None
    while any(child.poll() is None for child in children):
        killed = next((n for n, c in enumerate(children) if (c.poll() or 0) < 0), None)
        if killed is not None:
            break
        time.sleep(0.05)
    if killed:
        _wait_for(children[0], PATIENCE)  # it keeps what was sampled
    code = children[0].poll()
    if code is None or code < 0:
        lost = 0 if code is not None else killed
        say(f"jaxrf erf: error: process {lost} was killed; start again, with --resume to go on")
        return 2
    return code


def _wait_for(child: subprocess.Popen[bytes], seconds: float) -> None:
    try:
        child.wait(seconds)
    except subprocess.TimeoutExpired:
        return
