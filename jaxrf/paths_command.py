"""``jaxrf predict --paths``: the energy by the number of residual branches passed."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from jaxrf.output import formatted, write_maps, wrote
from jaxrf.paths_table import paths_table

__all__ = ["paths"]


def paths(options: argparse.Namespace, analysis: Any, inputs: Any, output: Path | None) -> int:
    """Predict, and write the table and the maps."""
    from jaxrf.measure.paths import DRAWS, path_energy_of
    from jaxrf.serialize import to_json

    found = path_energy_of(
        analysis,
        at=options.at,
        endpoint=options.endpoint,
        inputs=inputs,
        calibrate=not options.no_calibrate,
        draws=DRAWS if options.draws is None else options.draws,
        seed=options.seed,
    )
    result = {"target": options.target, **found.to_dict()}
    for assumption in found.assumptions:
        print(f"jaxrf predict: warning: {assumption}", file=sys.stderr)
    if output is not None:
        write_maps(output, result, maps=found.maps, share=found.share, sigma=found.sigma)
        wrote(options, output)
    if options.format == "json":
        sys.stdout.write(to_json(result) + "\n")
    else:
        sys.stdout.write(formatted(paths_table(found), options.format))
    return 0
