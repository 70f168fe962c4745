"""Results in files: ``save`` writes one as ``.npz``, ``load`` gives it back.

Arrays are members of the file by the name of the field that holds them (``map``, ``stderr``,
``replicates.sums``); ``result`` is JSON that says how they make up the result; ``meta`` has the
numbers and the versions. Nothing in a file is ever run.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from fractions import Fraction
from importlib import import_module
from pathlib import Path
from typing import IO, Any
from zipfile import BadZipFile

import numpy as np

from jaxrf.arguments.annotations import check_arguments
from jaxrf.errors import InvalidInput
from jaxrf.files import open_archive, whole
from jaxrf.frameworks.setting import Setting
from jaxrf.report.json import meta, to_json

__all__ = ["load", "save"]

KINDS = {  # what a file may hold -> where it is defined
    "AxisAnswer": "theory.sizes.result",
    "AxisField": "geometry.field",
    "AxisSizes": "theory.sizes.result",
    "ChannelFields": "measure.channel_fields",
    "Comparison": "comparison.compare",
    "ERF": "measure.result",
    "EndpointSizes": "theory.sizes.result",
    "ErfFrame": "measure.erf_frame",
    "ErfShare": "measure.erf_share",
    "Estimator": "measure.estimator",
    "Field": "geometry.field",
    "FieldGrid": "measure.field_grid.result",
    "Fields": "geometry.collection",
    "Grid": "measure.impulse_grid",
    "Interval": "geometry.interval",
    "MeasuredSupport": "measure.support",
    "Misalignment": "geometry.misalignment",
    "Models": "comparison.models",
    "OutsideTaps": "theory.unread_inputs",
    "PathEnergy": "measure.paths",
    "Paths": "theory.solve.paths",
    "Perturbation": "measure.perturbation",
    "Piece": "geometry.field",
    "Plan": "measure.plan",
    "Positions": "measure.field_grid.output_positions",
    "Prediction": "measure.predict",
    "Records": "text.table",
    "Replicates": "measure.bootstrap",
    "Reproduction": "measure.reproduce",
    "Residue": "theory.sizes.result",
    "Setting": "frameworks.setting",
    "SizeFreeAnalysis": "theory.sizes.result",
    "Support": "geometry.support",
    "Tails": "measure.tails",
    "TextTable": "text.table",
    "Unread": "theory.unread_inputs",
    "WeightedLayer": "theory.layer_report",
    "WeightedLayers": "theory.layer_report",
}


def save(
    result: Any,
    file: str | Path | IO[bytes],
    *,
    numbers: Mapping[str, Any] | None = None,
    further: Mapping[str, Any] | None = None,
) -> None:
    """Write a result, byte-identical from run to run.

    Args:
        result: what a function of jaxrf has returned, or the ``fields`` of an ``Analysis``, which
            itself holds the traced model; not a graph or a chain of layers made by hand.
        file: a path ending in ``.npz``, or a file open for writing.
        numbers: what ``meta`` has; the result's own ``to_dict()`` by default.
        further: more arrays by name.

    Raises:
        InvalidInput: a result of another kind, or a path that does not end in ``.npz``.
    """
    if isinstance(file, (str, Path)) and Path(file).suffix != ".npz":
        raise InvalidInput(f"save: got {str(file)!r}, need a file ending in .npz")
    arrays: dict[str, Any] = {}
    tree = _packed(result, "", arrays)
    about = {**(result.to_dict() if numbers is None else numbers), "meta": meta()}
    texts = {"meta": to_json(about), "result": json.dumps(tree)}
    members: Mapping[str, Any] = {**arrays, **(further or {}), **texts}
    if isinstance(file, (str, Path)):
        with whole(file) as out:
            np.savez(out, **members)
    else:
        np.savez(file, **members)


def load(file: str | Path) -> Any:
    """The result that a file holds, as it was measured.

    >>> import tempfile, jaxrf
    >>> erf = jaxrf.measure_erf(lambda x: x[:, 1:] + x[:, :-1], (1, 8, 1), samples=4)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     erf.save(f"{folder}/x.npz")
    ...     jaxrf.load(f"{folder}/x.npz").sigma == erf.sigma
    True

    Args:
        file: written by ``save`` or by ``-o x.npz`` of a command.

    Raises:
        InvalidInput: no such file, or one that holds no result.
    """
    check_arguments(load, locals())
    try:
        with open_archive(file) as stored:
            if "result" not in stored.files:
                raise InvalidInput(
                    f"load: {file} holds no result, but {', '.join(stored.files[:6])}; need a "
                    "file that save or -o x.npz of this version wrote"
                )
            tree = json.loads(str(stored["result"]))
            return _unpacked(tree, stored)
    except (OSError, ValueError, KeyError, TypeError, EOFError, BadZipFile) as error:
        if isinstance(error, InvalidInput):
            raise
        reason = getattr(error, "strerror", None)  # what numpy says of its own is of no use
        raise InvalidInput(
            f"load: got {str(file)!r}, need a file that save or -o x.npz wrote"
            + f" ({reason})" * bool(reason)
        ) from error


def _packed(value: Any, name: str, arrays: dict[str, Any]) -> Any:
    """A value as JSON; arrays go into ``arrays``."""
    if isinstance(value, np.ndarray):
        arrays[name] = value
        return {"array": name}
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, Setting):  # arguments of a call may be anything
        value = replace(value, call=value.to_dict()["call"])
    if type(value).__name__ == "Recipe":  # which has functions
        return {"recipe": value.name}
    if is_dataclass(value) and type(value).__name__ in KINDS:
        parts = {
            f.name: _packed(getattr(value, f.name), f"{name}.{f.name}".lstrip("."), arrays)
            for f in fields(value)
        }
        return {"is": type(value).__name__, "of": parts}
    if isinstance(value, (tuple, list)):
        return {"all": [_packed(v, f"{name}.{n}", arrays) for n, v in enumerate(value)]}
    if isinstance(value, Mapping):
        return {"by": {k: _packed(v, f"{name}.{k}", arrays) for k, v in value.items()}}
    if isinstance(value, Fraction):
        return {"ratio": str(value)}
    if value is None or isinstance(value, (str, bool, int, float)):
        return value  # JSON of Python has nan and inf
    raise InvalidInput(
        f"save: got {type(value).__name__}, which no file can hold; need what a function of "
        "jaxrf has returned, or analysis.fields"
    )


def _unpacked(tree: Any, stored: Mapping[str, Any]) -> Any:
    """The value that a tree stands for."""
    if not isinstance(tree, dict):
        return tree
    if "array" in tree:
        return stored[tree["array"]]
    if "is" in tree:
        kind = getattr(import_module(f"jaxrf.{KINDS[tree['is']]}"), tree["is"])
        return kind(**{k: _unpacked(v, stored) for k, v in tree["of"].items()})
    if "recipe" in tree:
        return import_module("jaxrf.measure.reproduce").find_recipe(tree["recipe"])
    if "all" in tree:
        return tuple(_unpacked(v, stored) for v in tree["all"])
    if "by" in tree:
        return {k: _unpacked(v, stored) for k, v in tree["by"].items()}
    return Fraction(tree["ratio"])
