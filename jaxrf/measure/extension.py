"""Extension of a finished run, whose running sums are in the file of its result.

A run of more samples begins with those of the shorter run, drawn from the same keys, so that the
extended run is the longer one, bit for bit. Where the draws depend on their number (inputs that
are given and used in turn, fewer networks than samples), an extension is refused.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np

from jaxrf.errors import InvalidInput
from jaxrf.files import open_archive, whole
from jaxrf.measure.plan import Plan

__all__ = ["RUN", "can_continue", "kept_run", "partial_of", "state_of"]

RUN = "run/"  # prefix of the state in the file of a result
SHOWN = "replicates.sums"  # member of that file that may be part of the state as well
LARGEST = 2**27  # bytes of a state that a file of a result keeps

_PLAN = re.compile(r"Plan\(([^)]*)\)")


def partial_of(output: Path) -> Path:
    """The file that keeps the state of a run while it is not finished."""
    return output.with_name(output.name + ".partial.npz")


def state_of(output: Path, *, resume: bool) -> Path:
    """The file beside ``output`` that keeps the state of its run.

    Args:
        output: file of the result.
        resume: whether a state has to exist; that of a finished run is taken from its result.

    Raises:
        InvalidInput: there is no state to resume from.
    """
    state = partial_of(output)
    if not resume or state.exists():
        return state
    run: dict[str, Any] = {}
    if output.suffix == ".npz" and output.exists():
        try:
            with open_archive(output) as stored:
                run = {n.removeprefix(RUN): stored[n] for n in stored.files if n.startswith(RUN)}
                if run and "replicates" not in run:
                    run["replicates"] = stored[SHOWN]
        except (OSError, ValueError, KeyError, EOFError, BadZipFile):
            run = {}
    if not run:
        raise InvalidInput(
            f"--resume: got no state {state}, and no finished run in {output}; start the run "
            "without --resume"
        )
    with whole(state) as file:
        np.savez(file, **run)
    return state


def kept_run(state: Path | None, shown: np.ndarray) -> dict[str, Any]:
    """The state of a finished run, for the file of its result; empty where it is too large.

    Args:
        state: file of the state.
        shown: the sums of replicates that the file of the result has already.
    """
    if state is None or not state.exists() or state.stat().st_size > LARGEST:
        return {}
    with open_archive(state) as stored:
        run = {f"{RUN}{name}": stored[name] for name in stored.files}
    if np.array_equal(run[f"{RUN}replicates"], shown):
        del run[f"{RUN}replicates"]
    return run


def can_continue(found: str, wanted: str, plan: Plan, done: int) -> bool:
    """Whether a run may continue from the state of another one of fewer samples.

    Args:
        found: fingerprint of the state.
        wanted: fingerprint of the run.
        plan: of the run.
        done: cells in the state.
    """
    old = _PLAN.search(found)
    if old is None or _PLAN.sub("", found) != _PLAN.sub("", wanted):
        return False
    shorter = Plan(**{k: int(v) for k, v in re.findall(r"(\w+)=(\d+)", old[1])})
    return (
        shorter.seed == plan.seed
        and shorter.factors == plan.factors
        and bool(shorter.weight_seeds > 1) == bool(plan.weight_seeds > 1)
        and shorter.cells[:done] == plan.cells[:done]
        and len(shorter.cells[:done]) == done
    )
