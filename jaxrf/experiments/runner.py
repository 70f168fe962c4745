"""``jaxrf figures``: the scripts of ``experiments/``, each as a process of its own."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from jaxrf.console.heartbeat import in_words, reported_elsewhere
from jaxrf.console.results import say
from jaxrf.errors import InvalidInput
from jaxrf.experiments.record import NAME as RECORD
from jaxrf.experiments.record import State, state
from jaxrf.experiments.sources import PACKAGE, Sources
from jaxrf.text.table import TextTable

__all__ = [
    "Outcome",
    "expected_cost",
    "find_folder",
    "is_complete",
    "run_script",
    "run_scripts",
    "scripts",
    "summary",
]

FOLDER = "experiments"
PATIENCE = 20.0  # seconds that an interrupted script may take to keep what it has


@dataclass(frozen=True)
class Outcome:
    """The outcome of one script.

    Attributes:
        name: of the experiment.
        state: "complete" (there was nothing to do), "made" or "failed".
        seconds: wall time of its process.
        code: exit code of its process, 0 where it did not run.
    """

    name: str
    state: str
    seconds: float = 0.0
    code: int = 0

    def to_dict(self) -> dict[str, Any]:
        """The content as JSON has it."""
        return asdict(self)


def summary(outcomes: Sequence[Outcome]) -> TextTable:
    """One row per script."""
    rows = tuple(
        (o.name, o.state, f"{o.seconds:.0f}" if o.state != "complete" else "-") for o in outcomes
    )
    return TextTable("experiments", ("name", "state", "seconds"), rows, words=2)


def find_folder(start: Path) -> Path:
    """The ``experiments/`` of the repository that a folder lies in.

    A folder of that name none of whose scripts imports ``jaxrf.experiments`` is somebody else's.

    Raises:
        InvalidInput: there is none in the folder or above it.
    """
    others = []
    for parent in (start.resolve(), *start.resolve().parents):
        folder = parent / FOLDER
        if folder.is_dir():
            if any(map(_is_experiment, folder.glob("[!_]*.py"))):
                return folder
            others.append(str(folder))
    got = f"{others[0]} without a script of jaxrf" if others else f"no {FOLDER}/"
    raise InvalidInput(
        f"got {got} in {start} or above, need the scripts that compute the figures: they are in "
        "the repository of jaxrf, not in the wheel; run it in such a folder"
    )


def _is_experiment(script: Path) -> bool:
    """Whether a script uses the frame of :mod:`jaxrf.experiments`; it is not imported."""
    text = script.read_text(encoding="utf-8", errors="replace")
    return (
        re.search(r"^\s*(from|import)\s+jaxrf\b.*\bexperiments\b", text, re.MULTILINE) is not None
    )


def scripts(folder: Path, names: Sequence[str] = ()) -> list[Path]:
    """The scripts of a folder in alphabetical order, or those named, in the order of the names.

    Raises:
        InvalidInput: a name that is no script, or no script at all.
    """
    found = {path.stem: path for path in sorted(folder.glob("[!_]*.py"))}
    wanted = [name.removesuffix(".py") for name in names]
    known = ", ".join(found) or "none"
    for name in wanted:
        if name not in found:
            raise InvalidInput(f"NAME: got {name!r}, need one of those in {FOLDER}/: {known}")
    if not found:
        raise InvalidInput(f"got no script in {folder}, need at least one NAME.py")
    return [found[name] for name in dict.fromkeys(wanted)] or list(found.values())


def is_complete(script: Path, out: Path, *, quick: bool, sources: Sources | None = None) -> bool:
    """Whether the files of an experiment are all there and whole, made from what there is now.

    A full result is complete for ``quick`` too: a quick run never replaces it.
    """
    found = state(script, out, sources or Sources(script.parent))
    return found in ((State.COMPLETE, State.QUICK) if quick else (State.COMPLETE,))


def run_scripts(paths: Sequence[Path], out: Path, *, quick: bool, fresh: bool) -> list[Outcome]:
    """Run scripts one after the other; one that fails does not keep the others from running.

    Args:
        paths: of :func:`scripts`.
        out: folder of the results; made where it does not exist.
        quick: pass ``--quick``.
        fresh: run complete experiments too, from their first item.

    Raises:
        KeyboardInterrupt: after the script in work was told and has ended.
    """
    outcomes = []
    sources = Sources(paths[0].parent)
    for number, script in enumerate(paths, start=1):
        heading = f"[{number}/{len(paths)}] {script.stem}"
        if not fresh and is_complete(script, out, quick=quick, sources=sources):
            say(f"{heading}: complete")
            outcomes.append(Outcome(script.stem, "complete"))
            continue
        say(f"{heading}{expected_cost(out, script.stem)}")
        code, seconds = run_script(script, out, quick=quick, fresh=fresh)
        if code == 0 and not is_complete(script, out, quick=quick):
            say(f"{heading}: ended without its entry in {RECORD}, or with a file that differs")
            code = 1
        elif code:
            say(f"{heading}: failed with exit code {code}")
        outcomes.append(Outcome(script.stem, "failed" if code else "made", seconds, code))
    return outcomes


def run_script(script: Path, out: Path, *, quick: bool, fresh: bool) -> tuple[int, float]:
    """Exit code and wall time of a script that writes into a folder."""
    options = [*(["--quick"] if quick else []), *(["--fresh"] if fresh else [])]
    begun = time.monotonic()
    with reported_elsewhere():  # the script itself
        code = _run([sys.executable, str(script), "--out", str(out.resolve()), *options])
    return code, time.monotonic() - begun


def expected_cost(out: Path, name: str) -> str:
    """The cost of the last run of a script, for the line before the next run."""
    try:
        total = json.loads((out / "costs" / f"{name}.json").read_bytes())["total"]
        return f": took {in_words(total['cpu_seconds'])} of CPU time the last time"
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def _run(command: Sequence[str]) -> int:
    """Exit code of a process, which is interrupted once when this one is."""
    path = os.pathsep.join(filter(None, [str(PACKAGE.parent), os.environ.get("PYTHONPATH")]))
    # A group of its own, so that the terminal's Ctrl-C reaches it through here alone.
    child = subprocess.Popen(command, env={**os.environ, "PYTHONPATH": path}, process_group=0)
    try:
        return child.wait()
    except BaseException:
        child.send_signal(signal.SIGINT)
        with suppress(subprocess.TimeoutExpired):  # it may be compiling, which cannot be told
            child.wait(timeout=PATIENCE)
        child.kill()
        child.wait()
        raise
