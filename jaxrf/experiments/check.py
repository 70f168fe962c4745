"""``jaxrf figures --check``: experiments computed again elsewhere, and compared with the figures.

Nothing is written to the folder of the figures. What is computed lies in a temporary folder that is
the same on every call, so that an interrupted check goes on where it was.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jaxrf.console.results import say
from jaxrf.errors import InvalidInput
from jaxrf.experiments.agreement import Difference, count_numbers, differences, tolerance
from jaxrf.experiments.record import entries
from jaxrf.experiments.runner import expected_cost, run_script
from jaxrf.experiments.sources import digest_of
from jaxrf.text.table import TextTable

__all__ = ["Checked", "check_scripts", "tables"]

SHOWN = 20  # differences of one experiment in the table; JSON has all
SAME, DIFFERS, FAILED, NOT_MADE, OPTIONS = (
    *("same", "differs", "failed", "not made", "made with other options"),
)


@dataclass(frozen=True)
class Checked:
    """The comparison of an experiment with its result.

    Attributes:
        name: of the experiment.
        state: "same", "differs", "failed" (its script), "not made" (there is no result to compare
            with) or "made with other options", with which it is not made again.
        numbers: how many were compared, those in texts and tables aside.
        seconds: wall time of its process.
        differences: what is not as it was.
    """

    name: str
    state: str
    numbers: int = 0
    seconds: float = 0.0
    differences: tuple[Difference, ...] = ()

    @property
    def failure(self) -> str | None:
        """Why the check fails, in a line; None where all is the same."""
        if self.state == SAME:
            return None
        if self.state == DIFFERS:
            return f"{self.name}: expected the same numbers, got {len(self.differences)} others"
        return f"{self.name}: {self.state}"

    def to_dict(self) -> dict[str, Any]:
        """The content as JSON has it."""
        return {
            "state": self.state,
            "numbers": self.numbers,
            "seconds": self.seconds,
            "differences": [d.to_dict() for d in self.differences],
        }


def check_scripts(paths: Sequence[Path], out: Path, *, fresh: bool) -> list[Checked]:
    """Compute experiments again and compare them with their results.

    Each is computed as its result was, a quick one as a quick one.

    Args:
        paths: of :func:`jaxrf.experiments.runner.scripts`.
        out: folder of the results.
        fresh: forget what an interrupted check has computed.

    Raises:
        KeyboardInterrupt: after the script in work was told and has ended.
    """
    recorded, scratch = entries(out), _scratch(out)
    say(f"checking in {scratch}: {tolerance()}")
    found = []
    for number, script in enumerate(paths, start=1):
        name = script.stem
        entry = recorded.get(name)
        say(f"[{number}/{len(paths)}] {name}{expected_cost(out, name) if entry else ': not made'}")
        if entry is None or not (out / f"{name}.json").exists():
            found.append(Checked(name, NOT_MADE))
        elif entry["options"]:
            found.append(Checked(name, OPTIONS))
        else:
            found.append(_checked(script, out, scratch / name, quick=entry["quick"], fresh=fresh))
    return found


def _checked(script: Path, out: Path, made: Path, *, quick: bool, fresh: bool) -> Checked:
    name = script.stem
    code, seconds = run_script(script, made, quick=quick, fresh=fresh)
    if code:
        say(f"{name}: failed with exit code {code}")
        return Checked(name, FAILED, seconds=seconds)
    other = tuple(differences(name, made, out))
    numbers = count_numbers(made / f"{name}.json")
    if other:
        shutil.rmtree(made / ".parts", ignore_errors=True)  # the next check computes again
        say(f"{name}: differs; what was computed is in {made}")
    else:
        shutil.rmtree(made, ignore_errors=True)
    return Checked(name, DIFFERS if other else SAME, numbers, seconds, other)


def tables(checked: Sequence[Checked]) -> list[TextTable]:
    """One row for every experiment, and one for everything that differs."""
    rows = tuple(
        (c.name, c.state, str(c.numbers), f"{c.seconds:.0f}" if c.seconds else "-") for c in checked
    )
    header = ("name", "state", "numbers", "seconds")
    found = [TextTable("experiments computed again", header, rows, (tolerance(),), words=2)]
    other = [(d.name, d.got, d.expected) for c in checked for d in c.differences[:SHOWN]]
    left = sum(max(0, len(c.differences) - SHOWN) for c in checked)
    if other:
        notes = (f"and {left} more, see -f json",) if left else ()
        columns = ("number", "got", "expected")
        found.append(TextTable("what differs", columns, tuple(other), notes, words=3))
    return found


def _scratch(out: Path) -> Path:
    """The temporary folder for checks of one folder of results, this user's alone."""
    owner = os.getuid()
    folder = Path(tempfile.gettempdir()) / f"jaxrf-check-{owner}-{digest_of(str(out.resolve()))}"
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.is_symlink() or folder.stat().st_uid != owner:
        raise InvalidInput(f"{folder}: got a folder of somebody else, need one's own; remove it")
    return folder
