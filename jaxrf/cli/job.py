"""The job that a command is one process of: found in the environment, joined, and left together.

``srun``, Open MPI's ``mpirun`` and whoever sets three variables by hand start the same command
several times. Each then joins one ``jax.distributed`` job. Nothing is joined where there is a
single process, so that a command in a batch script, or on a laptop, never waits for others.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from zlib import crc32

from jaxrf.console.results import silence
from jaxrf.errors import InvalidInput, ProcessLost

__all__ = ["BY_HAND", "JobOptions", "broken", "cluster", "joined"]

BY_HAND = ("JAX_COORDINATOR_ADDRESS", "JAX_NUM_PROCESSES", "JAX_PROCESS_ID")
PORTS = (61440, 4096)  # the first, and how many: of those that JAX itself chooses from
GONE = [False]  # whether a process of the job is gone


class JobOptions(argparse.Namespace):
    """What of the options a process other than the first one leaves to that.

    Attributes:
        output: files.
        resume: go on from a file.
    """

    output: list[str] | None
    resume: bool


def cluster(environment: Mapping[str, str] = os.environ) -> dict[str, Any] | None:
    """Arguments of ``jax.distributed.initialize``; None for a process of its own.

    >>> cluster({"SLURM_JOB_ID": "7", "SLURM_NTASKS": "4", "SLURM_PROCID": "0"})  # without srun
    >>> cluster(dict(zip(BY_HAND, ("node1:1234", "2", "1"))))["process_id"]
    1

    Raises:
        InvalidInput: a job whose processes cannot find each other.
    """
    mpi = _numbers(environment, "OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_RANK")
    slurm = _numbers(environment, "SLURM_STEP_NUM_TASKS", "SLURM_PROCID")
    if BY_HAND[0] in environment:
        found = _numbers(environment, *BY_HAND[1:]) or mpi or slurm
        if found is None:
            raise InvalidInput(
                f"{BY_HAND[0]}: got {environment[BY_HAND[0]]}, need {' and '.join(BY_HAND[1:])} "
                "too, or srun or mpirun, which number their processes"
            )
        return _arguments(environment[BY_HAND[0]], *found)
    if mpi is not None:
        if mpi[0] < 2:
            return None
        if "OMPI_MCA_orte_hnp_uri" in environment:  # Open MPI 4, where JAX finds the address
            return _detected("ompi", *mpi)
        if environment.get("OMPI_COMM_WORLD_LOCAL_SIZE") != str(mpi[0]):
            raise InvalidInput(
                f"mpirun: got {mpi[0]} processes on several hosts without an address, need "
                f"{BY_HAND[0]}=HOST:PORT of the host of rank 0; give it with mpirun -x"
            )
        name = environment.get("PMIX_NAMESPACE", "").rpartition(".")[0]
        port = PORTS[0] + crc32(name.encode()) % PORTS[1]
        return _arguments(f"127.0.0.1:{port}", *mpi)
    if slurm is not None and slurm[0] > 1 and "SLURM_STEP_NODELIST" in environment:
        return _detected("slurm", *slurm)
    return None


def _numbers(environment: Mapping[str, str], size: str, index: str) -> tuple[int, int] | None:
    """(processes, number of this one); None where the environment does not have them."""
    found = environment.get(size, ""), environment.get(index, "")
    return (int(found[0]), int(found[1])) if all(text.isdecimal() for text in found) else None


def _arguments(address: str, size: int, index: int) -> dict[str, Any] | None:
    if size < 2:
        return None
    return {
        "coordinator_address": address,
        "num_processes": size,
        "process_id": index,
        "cluster_detection_method": "deactivate",
    }


def _detected(method: str, size: int, index: int) -> dict[str, Any]:
    return {"num_processes": size, "process_id": index, "cluster_detection_method": method}


@contextmanager
def joined(options: JobOptions) -> Iterator[None]:
    """Context of a command that may be one process of a job: the first one writes and prints.

    Raises:
        InvalidInput: the processes do not find each other.
        ProcessLost: another process failed or is gone.
    """
    arguments = cluster()
    if arguments is None:
        yield
        return
    import jax

    from jaxrf.measure.team import team

    jax.config.update("jax_cpu_collectives_implementation", "gloo")
    if arguments["process_id"]:
        silence()
        options.output, options.resume = None, False
    try:
        jax.distributed.initialize(**arguments)
    except (RuntimeError, ValueError) as error:
        raise InvalidInput(
            f"job: the processes do not find each other ({str(error).splitlines()[0][:120]}); need "
            f"an address that all reach, see {BY_HAND[0]}"
        ) from error
    members = team()
    try:
        yield
        members.gathered(bytes)  # all of them, however long the first one writes
    except Exception as error:
        try:
            members.tell_failure(error)
        except ProcessLost:
            GONE[0] = True
        GONE[0] |= isinstance(error, ProcessLost) and error.gone
        raise
    finally:
        if not GONE[0] and not isinstance(sys.exc_info()[1], KeyboardInterrupt):
            jax.distributed.shutdown()


def broken() -> bool:
    """Whether the job cannot be left in the usual way, since others would be waited for."""
    return GONE[0]
