"""``jaxrf erf --everywhere``: the field at every output position."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jaxrf.cli.erf_options import GRADIENT, given
from jaxrf.cli.output import Told, deliver
from jaxrf.console.progress import progress_bar
from jaxrf.errors import InvalidInput
from jaxrf.measure.extend import kept_run
from jaxrf.text.paths import told_target

if TYPE_CHECKING:
    pass

__all__ = ["SAMPLES", "checked", "everywhere"]

SAMPLES = 64  # each takes a backward pass for every position
ALONE = ("at", "perturb", "cell", "recipe", "precision", *GRADIENT)  # of one position only


def checked(options: argparse.Namespace) -> None:
    """Check that no option was given that goes with a single position, or needs all of them.

    Raises:
        InvalidInput: something was.
    """
    if options.step is not None and not options.everywhere:
        raise InvalidInput(f"--step: got {options.step} without --everywhere, need both")
    if options.everywhere and (more := given(options, *ALONE)):
        raise InvalidInput(
            f"--everywhere: got {more} too, which is for a single position; leave it out"
        )


def everywhere(
    options: argparse.Namespace,
    analysis: Any,
    *,
    inputs: Any,
    files: tuple[Path, ...],
    state: Path | None,
) -> int:
    """Measure, predict, and write table, maps or figure."""
    from jaxrf.measure.checkpoint import Checkpoint
    from jaxrf.measure.everywhere.measure import measure_grid
    from jaxrf.report.storage import save

    with progress_bar() as tell:
        found = measure_grid(
            analysis,
            endpoint=options.endpoint,
            step=1 if options.step is None else options.step,
            samples=SAMPLES if options.samples is None else options.samples,
            seed=options.seed,
            weight_seeds=options.weight_seeds,
            input_seeds=options.input_seeds,
            inputs=inputs,
            batch=options.batch,
            progress=lambda done, total: tell("samples", done, total),
            checkpoint=None if state is None else Checkpoint(state, options.resume, keep=True),
        )
        result = {"target": told_target(options.target), **found.to_dict()}
    arrays = {"energy": found.energy, "centroid": found.centroid, "sigma": found.sigma}
    names = ("energy", "centroid", "sigma", "outputs", "inputs")
    errors = {f"{n}_stderr": found.array(n, found.errors) for n in names}
    if found.predicted is not None:
        errors |= {f"{n}_predicted": found.array(n, found.predicted) for n in names}
    further = {**arrays, **found.residues, "read": found.read, **errors}
    told = Told(
        result,
        [found.table()],
        save=lambda file: save(
            found,
            file,
            numbers=result,
            further={**further, **kept_run(state, found.replicates.sums)},
        ),
        shown=found,
    )
    deliver(options, told, files)
    if state is not None:
        state.unlink(missing_ok=True)
    return 0
