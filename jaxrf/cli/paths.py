"""``jaxrf predict --paths``: the energy by the number of residual branches passed."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from jaxrf.cli.output import Told, deliver
from jaxrf.console.results import say
from jaxrf.text.paths import told_target

__all__ = ["paths"]


def paths(options: argparse.Namespace, analysis: Any, inputs: Any, files: tuple[Path, ...]) -> int:
    """Predict, and write the table and the maps."""
    from jaxrf.measure.paths import DRAWS, energy_by_path
    from jaxrf.report.storage import save

    found = energy_by_path(
        analysis,
        at=options.at,
        endpoint=options.endpoint,
        inputs=inputs,
        calibrate=not options.no_calibrate,
        draws=DRAWS if options.draws is None else options.draws,
        seed=options.seed,
    )
    result = {"target": told_target(options.target), **found.to_dict()}
    for assumption in found.assumptions:
        say(f"jaxrf predict: warning: {assumption}")
    further = {"share": found.share, "sigma": found.sigma}
    told = Told(
        result,
        [found.table()],
        save=lambda file: save(found, file, numbers=result, further=further),
        shown=found,
    )
    deliver(options, told, files)
    return 0
