"""A script of ``experiments/``: items are computed and kept, then drawn and written.

Beside the files of the result (:mod:`jaxrf.experiments.publish`) it writes its entry in
``provenance.json``, and ``costs/NAME.json``: CPU seconds, the seconds that programs kept from
earlier runs took to compile (no part of the CPU seconds), and peak memory: all of the machine.
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

from jaxrf.console.compilation_cache import compilations_kept, saved_seconds
from jaxrf.console.heartbeat import doing, reports
from jaxrf.console.interrupts import INTERRUPTED, terminated_as_interrupted
from jaxrf.console.results import results_on_stdout, say
from jaxrf.errors import InvalidInput, JaxrfError
from jaxrf.experiments.provenance import first_line, numbers_digest, provenance_of
from jaxrf.experiments.publish import publish
from jaxrf.experiments.record import enter
from jaxrf.experiments.sources import Sources
from jaxrf.experiments.store import Part, Parts, json_text
from jaxrf.files import write_whole
from jaxrf.text.table import TextTable

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
        with (
            terminated_as_interrupted(),
            results_on_stdout(),
            reports(name, program=""),
            compilations_kept(name),
        ):
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
    figure: Callable[..., Any] | None,
    table: Callable[..., Any] | None,
) -> None:
    """Compute what is missing, and write the files."""
    sources, name = Sources(script.parent), script.stem
    source = provenance_of(script, sources, quick=options.quick, changed=changed)
    sources.forget_syntax()  # the peak of memory is that of the items
    parts = _computed(name, items(options), source, sources, options)
    doing("drawing")
    results = {key: part.value for key, part in parts.items()}
    numbers = summarize(results) if summarize else results
    files = publish(name, first_line(script), numbers, figure, table, options.out)
    cost = json_text({"items": {k: p.cost for k, p in parts.items()}, "total": _total(parts)})
    (options.out / "costs").mkdir(exist_ok=True)
    write_whole(options.out / "costs" / f"{name}.json", cost)
    imported = sorted({digest for part in parts.values() for digest in part.imported})
    note = {"redrawn": True} if options.redraw else {}
    enter(options.out, name, source | note | {"imported": imported, "files": files})
    if not (options.quick or options.redraw or changed):
        _forget_others(options.out / ".parts" / name, numbers_digest(source))


def _options(
    script: Path,
    arguments: Callable[[argparse.ArgumentParser], None] | None,
    argv: Sequence[str] | None,
) -> tuple[argparse.Namespace, dict[str, Any]]:
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


def _computed(
    name: str,
    items: Mapping[str, Item],
    source: Mapping[str, Any],
    sources: Sources,
    options: argparse.Namespace,
) -> dict[str, Part]:
    """All items, those of an earlier run from where it kept them."""
    kept = options.out / ".parts" / name
    if options.fresh:
        shutil.rmtree(kept, ignore_errors=True)
    store = Parts(_latest(kept) if options.redraw else kept / numbers_digest(source))
    found = {key: part for key in items if (part := store.load(key)) is not None}
    if not options.redraw:  # drop those for which an adapter was used that has changed
        found = {k: p for k, p in found.items() if not p.imported or p.imported <= sources.present}
    missing = [key for key in items if key not in found]
    for key in filter(store.damaged, missing):
        say(f"{name}: {key} was kept in a file that is damaged; it is computed again")
    if missing and options.redraw:
        raise InvalidInput(f"--redraw: got no finished {missing[0]!r}; run without --redraw first")
    if found:
        say(f"{name}: {len(found)} of {len(items)} kept")
    before = set(sys.modules)
    for number, key in enumerate(items, start=1):
        if key in found:
            continue
        doing(f"item {number} of {len(items)}, {key}")
        begun, clock, saved = time.monotonic(), time.process_time(), saved_seconds()
        value = items[key]()
        cost = {
            "cpu_seconds": time.process_time() - clock,
            "compiled_before": saved_seconds() - saved,
            "peak_mib": _peak_mib(),
        }
        imported = sources.imported(name, set(sys.modules), sys.modules.keys() - before)
        store.save(key, Part(value, cost, frozenset(sources.digests(imported))))
        sources.forget_syntax()
        part = store.load(key)  # as stored: resumed or not, the same
        if part is None:
            raise OSError(f"{key}: what was written cannot be read again")
        found[key] = part
        say(f"{name}: {number}/{len(items)} {key} ({time.monotonic() - begun:.1f} s)")
    return {key: found[key] for key in items}


def _total(parts: Mapping[str, Part]) -> dict[str, float]:
    """The cost of all items."""
    costs = [part.cost for part in parts.values()]
    return {
        "cpu_seconds": sum(c["cpu_seconds"] for c in costs),
        "compiled_before": sum(c.get("compiled_before", 0.0) for c in costs),
        "peak_mib": max((c["peak_mib"] for c in costs), default=0.0),
    }


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


def _peak_mib() -> float:
    """Highest memory of the process up to now; Linux counts KiB, macOS bytes."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (2**20 if sys.platform == "darwin" else 2**10)
