"""Baselines: the table of end-points as a committed file, and comparison with it.

The file is a part of the JSON of ``jaxrf field``: the shape of every end-point and what can be
expected of it, along every axis. It names no version and no path and has one line per end-point, so
that ``git diff`` shows which of them changed. A document of ``jaxrf field -f json`` serves as well.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from jaxrf.errors import InvalidInput
from jaxrf.expect.expectations import NAMES, value_text
from jaxrf.files import write_whole

__all__ = ["differences", "document_of", "read_baseline", "write_baseline"]

_ABOUT = ("input", "input_shape", "spatial_axes")
_AXIS = ("axis", *NAMES, "modulus")
_RESIDUE = ("residue", "known", *NAMES)
SCHEMA = 1
MOST = 20  # end-points that are listed one by one


def document_of(document: Mapping[str, Any]) -> dict[str, Any]:
    """The part of the JSON of ``jaxrf field`` that a baseline keeps and compares.

    Args:
        document: ``to_dict()`` of an ``Analysis`` or a ``SizeFreeAnalysis``.

    Raises:
        KeyError: it is another document.
    """
    about = {name: document[name] for name in _ABOUT}
    return {
        "schema": SCHEMA,
        **about,
        "output": document["output"],
        "endpoints": [_endpoint(e) for e in document["endpoints"]],
    }


def _endpoint(entry: Mapping[str, Any]) -> dict[str, Any]:
    shape = {"shape": list(entry["shape"])} if "shape" in entry else {}
    return {"name": str(entry["name"]), **shape, "axes": [_axis(axis) for axis in entry["axes"]]}


def _axis(entry: Mapping[str, Any]) -> dict[str, Any]:
    if "residues" not in entry:
        return {name: entry[name] for name in _AXIS if name != "modulus"}
    kept = {name: entry[name] for name in _AXIS if name != "period"}  # each residue has its own
    residues = [{name: r[name] for name in _RESIDUE if name in r} for r in entry["residues"]]
    return {**kept, "residues": residues}


def write_baseline(file: Path, document: Mapping[str, Any]) -> None:
    """Write a file, in the place of an older one.

    Args:
        file: of the baseline.
        document: from :func:`document_of`.

    Raises:
        InvalidInput: there is such a file, and it is no baseline.
        OSError: it cannot be written.
    """
    if file.exists() and (file.is_dir() or file.stat().st_size):
        read_baseline(file, "name another file, or delete it")
    *head, (_, endpoints) = document.items()
    lines = [f" {json.dumps(name)}: {json.dumps(value)}" for name, value in head]
    rows = ",\n".join(f"  {json.dumps(entry, allow_nan=False)}" for entry in endpoints)
    text = "{\n" + ",\n".join([*lines, f' "endpoints": [\n{rows}\n ]']) + "\n}\n"
    write_whole(file, text)


def read_baseline(file: Path, otherwise: str = "") -> dict[str, Any]:
    """The table of a file.

    Args:
        file: of the baseline.
        otherwise: the advice at the end of the error; by default, how to write a baseline.

    Raises:
        InvalidInput: there is no such file, or it holds something else.
    """
    otherwise = otherwise or (
        "need one that --update wrote" if file.exists() else "write one with --update"
    )
    try:
        document = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise InvalidInput(f"baseline: got {file}, {error.strerror}; {otherwise}") from error
    except ValueError as error:
        raise InvalidInput(f"baseline: got {file}, which is no JSON; {otherwise}") from error
    try:
        if document["schema"] != SCHEMA:
            raise InvalidInput(
                f"baseline: got {file} of schema {document['schema']}, need {SCHEMA}; {otherwise}"
            )
        return document_of(document)
    except (KeyError, TypeError, AttributeError, IndexError) as error:
        raise InvalidInput(
            f"baseline: got {file}, which holds no table of end-points; {otherwise}"
        ) from error


def differences(
    baseline: Mapping[str, Any], found: Mapping[str, Any], only: Sequence[str] | None = None
) -> list[str]:
    """One line for every end-point that is not as it was, in order of execution.

    Args:
        baseline: from :func:`read_baseline`.
        found: from :func:`document_of`.
        only: compare these end-points alone.

    Raises:
        InvalidInput: the two are about different inputs.
    """
    for name in _ABOUT:
        if baseline[name] != found[name]:
            told = name.replace("_", " ")
            raise InvalidInput(
                f"baseline: it is about {told} {_list(baseline[name])}, got {_list(found[name])}; "
                "need the same, or write it again with --update"
            )
    before = {e["name"]: e for e in baseline["endpoints"]}
    after = {e["name"]: e for e in found["endpoints"]}
    lines = []
    for name in dict.fromkeys([*after, *before]):
        if only is not None and name not in only:
            continue
        if name not in after:
            lines.append(f"{name}: expected this end-point, got none of that name")
        elif name not in before:
            lines.append(f"{name}: expected no such end-point, got one that is new")
        elif changed := list(_changes(before[name], after[name])):
            was, now = (", ".join(f"{c[0]} {c[n]}" for c in changed) for n in (1, 2))
            lines.append(f"{name}: expected {was}; got {now}")
    if only is None and baseline["output"] != found["output"]:
        lines.append(f"output: expected {baseline['output']}, got {found['output']}")
    more = len(lines) - MOST
    return [*lines[:MOST], f"{more} more end-points differ"] if more > 0 else lines


def _changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """(property, as it was, as it is) of an end-point, for all that differ."""
    shapes = [entry.get("shape") for entry in (before, after)]
    if None not in shapes and shapes[0] != shapes[1]:
        yield "shape", _list(shapes[0]), _list(shapes[1])
    for name in ("modulus", *NAMES, "known"):
        was, now = ([_values(axis, name) for axis in e["axes"]] for e in (before, after))
        if was != now:
            told = _axes if _axes(was) != _axes(now) else _list
            yield name, told(was), told(now)


def _values(axis: Mapping[str, Any], name: str) -> list[str]:
    """The value of one axis, or one for every residue that has one."""
    if "residues" not in axis or name == "modulus":
        return [_value(axis, name)] if name in axis else []
    return [_value(r, name) if name in r else "refused" for r in axis["residues"]]


def _value(entry: Mapping[str, Any], name: str) -> str:
    value = entry[name]
    if value is None and name.startswith("look_") and entry.get("causal") is not None:
        return value_text(math.inf)
    return value_text(value)


def _axes(values: Sequence[list[str]]) -> str:
    """The values of every residue, each once; axes that agree together."""
    texts = [" / ".join(dict.fromkeys(axis)) for axis in values]
    return texts[0] if len(set(texts)) == 1 else ",".join(texts)


def _list(value: Any) -> str:
    if not isinstance(value, list):
        return str(value)
    return ",".join("?" if v is None else _list(v) for v in value)
