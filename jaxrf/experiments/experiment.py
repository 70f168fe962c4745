"""A script of ``experiments/``: items are computed and kept, then drawn and written.

Files of an experiment called NAME, all of them the same bytes on every run but the last:

* ``NAME.json``: what it was made from, the files that belong to it, the numbers;
* ``NAME.npz``: its arrays, where it has any;
* ``NAME.csv`` and ``NAME.md``: its table;
* ``NAME.png`` and ``NAME.pdf``: its figure;
* ``costs/NAME.json``: CPU seconds and peak memory, which depend on the machine.
"""

from __future__ import annotations

import argparse
import resource
import shutil
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from jaxrf.console.heartbeat import doing, reports
from jaxrf.console.interrupts import INTERRUPTED, terminated_as_interrupted
from jaxrf.console.results import emit, results_apart, say
from jaxrf.errors import InvalidInput, JaxrfError
from jaxrf.experiments.imports import reachable, unforeseen
from jaxrf.experiments.provenance import (
    content_digest,
    first_line,
    made_from,
    named,
    numbers_digest,
)
from jaxrf.experiments.store import Parts, json_text, without_arrays
from jaxrf.files import write_whole
from jaxrf.text.table import TextTable, plain_text

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["run"]

Item = Callable[[], Any]


def run(
    file: str,
    *,
    items: Callable[[argparse.Namespace], Mapping[str, Item]],
    summarize: Callable[[dict[str, Any]], Any] | None = None,
    figure: Callable[[Any], Figure | Mapping[str, Figure]] | None = None,
    table: Callable[[Any], TextTable | Mapping[str, TextTable]] | None = None,
    arguments: Callable[[argparse.ArgumentParser], None] | None = None,
    argv: Sequence[str] | None = None,
) -> NoReturn:
    """The whole of a script: call it last, with ``__file__``.

    Args:
        file: the script's ``__file__``; its name is the name of the experiment.
        items: of the options (``options.quick``, and the script's own), the work: key -> function
            without arguments that returns numbers, texts, numpy arrays, or dicts and lists of
            them. Each result is kept as soon as it is there, so that an interrupted run goes on
            with the next one. Tuples come back as lists, fractions as texts, keys as texts.
        summarize: of {key: result} in the order of ``items``, the numbers that are published;
            all of them by default.
        figure: of the published numbers, the figure ``NAME``, or {"suffix": figure} for several,
            ``NAME_suffix``.
        table: the same for tables.
        arguments: adds the script's own options to its command line.
        argv: the command line; that of the process by default.

    Raises:
        SystemExit: always: 0 fine, 2 bad input in one line, 130 interrupted.
    """
    script = Path(file).resolve()
    options, changed = _options(script, arguments, argv)
    name = script.stem
    try:
        with terminated_as_interrupted(), results_apart(), reports(name, program=""):
            _made(script, options, changed, items, summarize, figure, table)
    except (JaxrfError, OSError) as error:
        say(f"{name}: error: {error}")
        raise SystemExit(getattr(error, "exit_code", 2)) from None
    except KeyboardInterrupt:
        say(f"{name}: interrupted; run it again to go on")
        raise SystemExit(INTERRUPTED) from None
    raise SystemExit(0)


def _made(
    script: Path,
    options: argparse.Namespace,
    changed: dict[str, Any],
    items: Callable[[argparse.Namespace], Mapping[str, Item]],
    summarize: Callable[[dict[str, Any]], Any] | None,
    figure: Callable | None,
    table: Callable | None,
) -> None:
    """Compute what is missing, and write the files."""
    source = made_from(script, quick=options.quick, changed=changed)
    loaded = set(sys.modules)
    results, costs = _computed(script.stem, items(options), source, options)
    _check_imports(script, loaded)
    doing("drawing")
    numbers = summarize(results) if summarize else results
    _publish(script, numbers, figure, table, source | _note(options), options.out)
    totals = {
        "cpu_seconds": sum(c["cpu_seconds"] for c in costs.values()),
        "peak_mib": max((c["peak_mib"] for c in costs.values()), default=0.0),
    }
    (options.out / "costs").mkdir(exist_ok=True)
    cost = json_text({"items": costs, "total": totals})
    write_whole(options.out / "costs" / f"{script.stem}.json", cost)
    if not (options.quick or options.redraw or changed):
        _forget_others(options.out / ".parts" / script.stem, numbers_digest(source))


def _check_imports(script: Path, loaded: set[str]) -> None:
    """Every module that took part is one of those that the result is said to depend on."""
    missed = unforeseen(loaded, reachable(f for f in named(script) if f.suffix == ".py"))
    if missed:
        raise InvalidInput(
            f"got {', '.join(missed)}, imported by a computed name, need an import statement in "
            "the script, so that a change of it is noticed"
        )


def _options(script: Path, arguments, argv) -> tuple[argparse.Namespace, dict[str, Any]]:
    """The options, and those of the script's own that are not at their defaults."""
    parser = argparse.ArgumentParser(prog=script.stem, description=first_line(script))
    common = parser.add_argument_group("of every experiment")
    common.add_argument("--quick", action="store_true", help="a smaller version of it")
    common.add_argument(
        "--out",
        type=Path,
        metavar="FOLDER",
        default=script.parent.parent / "figures",
        help="where its files go (figures)",
    )
    common.add_argument("--fresh", action="store_true", help="forget the items that are finished")
    common.add_argument(
        "--redraw",
        action="store_true",
        help="draw the finished items of another version of the script; not a complete result",
    )
    shared = set(vars(parser.parse_args([])))
    if arguments is not None:
        arguments(parser)
    options = parser.parse_args(argv)
    changed = {
        key: value
        for key, value in vars(options).items()
        if key not in shared and value != parser.get_default(key)
    }
    return options, changed


def _note(options: argparse.Namespace) -> dict[str, Any]:
    return {"redrawn": True} if options.redraw else {}


def _computed(
    name: str, items: Mapping[str, Item], source: Mapping[str, Any], options: argparse.Namespace
) -> tuple[dict[str, Any], dict[str, dict[str, float]]]:
    """Results and costs of all items, those of an earlier run from where it kept them."""
    kept = options.out / ".parts" / name
    if options.fresh:
        shutil.rmtree(kept, ignore_errors=True)
    parts = Parts(_latest(kept) if options.redraw else kept / numbers_digest(source))
    values = {key: parts.load(key) for key in items}
    missing = [key for key, value in values.items() if value is None]
    for key in filter(parts.damaged, missing):
        say(f"{name}: {key} was kept in a file that is damaged; it is computed again")
    if missing and options.redraw:
        raise InvalidInput(f"--redraw: got no finished {missing[0]!r}; run without --redraw first")
    if len(missing) < len(items):
        say(f"{name}: {len(items) - len(missing)} of {len(items)} kept")
    for number, key in enumerate(items, start=1):
        if key not in missing:
            continue
        doing(f"item {number} of {len(items)}, {key}")
        begun, clock = time.monotonic(), time.process_time()
        value = items[key]()
        cost = {"cpu_seconds": time.process_time() - clock, "peak_mib": _peak_mib()}
        parts.save(key, value, cost)
        values[key] = parts.load(key)  # as stored: resumed or not, the same
        say(f"{name}: {number}/{len(items)} {key} ({time.monotonic() - begun:.1f} s)")
    found = {key: part for key, part in values.items() if part is not None}
    return {key: v for key, (v, _) in found.items()}, {key: c for key, (_, c) in found.items()}


def _forget_others(kept: Path, digest: str) -> None:
    """Once the full result is there, items of other versions are of no use."""
    for folder in kept.glob("*/"):
        if folder.name != digest:
            shutil.rmtree(folder, ignore_errors=True)


def _latest(kept: Path) -> Path:
    """The folder of finished items that was written last."""
    folders = sorted(kept.glob("*/"), key=lambda folder: folder.stat().st_mtime)
    if not folders:
        raise InvalidInput("--redraw: got no finished items; run without --redraw first")
    return folders[-1]


def _publish(script: Path, numbers: Any, figure, table, source: dict[str, Any], out: Path) -> None:
    """Write everything, the JSON that declares the result complete last."""
    from jaxrf.plot import save

    out.mkdir(parents=True, exist_ok=True)
    files: dict[str, bytes | str] = {}
    for stem, drawn in _named(script.stem, figure(numbers) if figure else {}):
        for suffix in (".pdf", ".png"):
            files[stem + suffix] = save(drawn, out / (stem + suffix)).read_bytes()
    for stem, rows in _named(script.stem, table(numbers) if table else {}):
        files |= {f"{stem}.csv": rows.csv(), f"{stem}.md": f"# {rows.title}\n\n{rows.markdown()}"}
        emit(plain_text(rows) + "\n")
    tree, arrays = without_arrays(numbers)
    if arrays is not None:
        files[f"{script.stem}.npz"] = arrays
    head = {
        "about": first_line(script),
        "experiment": script.stem,
        "files": {name: content_digest(content) for name, content in files.items()},
    }
    text = json_text(head | {"made_from": source, "numbers": tree})
    for name, content in files.items():
        if not name.endswith((".pdf", ".png")):
            write_whole(out / name, content)
    write_whole(out / f"{script.stem}.json", text)
    if table is None:
        emit(text)


def _named(name: str, made: Any) -> list[tuple[str, Any]]:
    """(stem, thing) of one thing, or of several by suffix."""
    if isinstance(made, Mapping):
        return [(f"{name}_{suffix}", thing) for suffix, thing in made.items()]
    return [(name, made)]


def _peak_mib() -> float:
    """Highest memory of the process up to now; Linux counts KiB, macOS bytes."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (2**20 if sys.platform == "darwin" else 2**10)
