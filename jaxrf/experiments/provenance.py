"""The provenance of a result: a result is complete while this has not changed.

The numbers depend on what the script, the modules beside it and those of jaxrf that it reaches
*do*, on the data beside it that it names (``_*``), on JAX and numpy, and on the options; what is
written depends also on what draws and writes, and on matplotlib. A comment, a docstring, another
order of imports, and a file that moves or is renamed with its imports change nothing
(:mod:`jaxrf.experiments.sources`).

The adapters of frameworks are imported by computed names. Those that a run imported are recorded by
the digests of what they do, each of which has to be that of some module still.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Iterable, Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

from jaxrf.experiments.rooms import ROOT
from jaxrf.experiments.sources import Sources, digest_of

__all__ = ["first_line", "is_up_to_date", "numbers_digest", "provenance_of"]

NUMERIC = ("jax", "jaxlib", "numpy", "scipy")
DRAWING = ("matplotlib",)


def provenance_of(
    script: Path,
    sources: Sources,
    *,
    quick: bool,
    changed: Mapping[str, Any] = {},
    imported: Iterable[str] = (),
) -> dict[str, Any]:
    """The provenance of a result: everything that its files depend on.

    Args:
        script: the file in ``experiments/``.
        sources: of its folder.
        quick: whether ``--quick`` was given.
        changed: the script's own options that are not at their defaults.
        imported: digests of the modules that only a run could tell; of :func:`imported`.
    """
    name = script.stem
    reached = (m for m in sources.reachable([name]) if m.partition(".")[0] == ROOT)
    data = (digest_of(file.read_bytes()) for file in sources.data(name))
    return {
        "script": digest_of([*sources.digests(sources.own(name)), *data]),
        "jaxrf": digest_of(sources.digests(reached)),
        "imported": sorted(set(imported)),
        "presentation": sources.presentation,
        "quick": quick,
        "options": dict(changed),
        "versions": {package: metadata.version(package) for package in (*NUMERIC, *DRAWING)},
    }


def is_up_to_date(entry: Mapping[str, Any], script: Path, sources: Sources) -> bool:
    """Whether a run of today, with the recorded options, would be made from the same."""
    now = provenance_of(script, sources, quick=entry["quick"], changed=entry["options"])
    same = all(entry[key] == now[key] for key in now if key != "imported")
    imported = set(entry["imported"])
    return same and (not imported or imported <= sources.present)


def numbers_digest(source: Mapping[str, Any]) -> str:
    """The name under which finished items are kept: what is known before they are computed."""
    versions = {name: source["versions"][name] for name in NUMERIC}
    numeric = {key: source[key] for key in ("script", "jaxrf", "quick", "options")}
    return digest_of(json.dumps(numeric | {"versions": versions}, sort_keys=True))


def first_line(script: Path) -> str:
    """The first line of a script's docstring; the script is not imported."""
    try:
        text = ast.get_docstring(ast.parse(script.read_bytes())) or ""
    except SyntaxError as error:
        return f"(does not parse: line {error.lineno}: {error.msg})"
    return text.partition("\n")[0]
