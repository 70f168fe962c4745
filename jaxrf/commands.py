"""What each command does: results to standard output, progress and warnings to standard error."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from jaxrf.check_options import checkable, checked
from jaxrf.cost import announce_samples
from jaxrf.errors import InvalidInput
from jaxrf.given_inputs import given_inputs
from jaxrf.heartbeat import doing
from jaxrf.output import FIGURES, Told, deliver, text_of, writable
from jaxrf.placed import told_target
from jaxrf.progress import progress_bar
from jaxrf.results import emit, say
from jaxrf.tables import TextTable

__all__ = ["compare", "erf", "field", "figures", "predict", "support", "zoo"]


def field(options: argparse.Namespace) -> int:
    """``jaxrf field``: the theory of every end-point."""
    from jaxrf.field_command import several, told_field

    checkable(options)
    if options.others:
        return _failed("field", several(options, analyzed=_analyzed))
    if any(None in lengths for lengths, _ in options.shape):
        return _field_sizes(options)
    files = writable(options)
    if options.start is not None:
        raise InvalidInput("--start: got no free length in --shape, need one, e.g. 1,None,None,3")
    analysis = _analyzed(options, all_endpoints=options.all, strict=options.strict)
    failures = checked(options, analysis)
    deliver(options, told_field(options, analysis), files)
    return _failed("field", failures)


def _field_sizes(options: argparse.Namespace) -> int:
    """``jaxrf field`` with free lengths: every residue of the total stride."""
    from jaxrf.readable import LONG
    from jaxrf.sizes import analyze_sizes
    from jaxrf.sizes.report import residue_table, sizes_dict, sizes_table

    if options.rate is not None:
        raise InvalidInput("--rate: got free lengths too, need a whole shape, e.g. 1,16000,1")
    files = writable(options, arrays=False, figure=False)
    model, shape = _target(options)
    with progress_bar() as tell:
        analysis = analyze_sizes(
            model,
            shape,
            spatial_axes=options.axes,
            wrt=options.wrt,
            all_endpoints=options.all,
            strict=options.strict,
            variables=options.variables,
            call=options.call,
            start=options.start,
            progress=lambda done, total: tell("residues", done, total),
        )
    only = options.endpoint
    failures = checked(options, analysis)
    most = None if options.all else LONG
    told = Told(
        sizes_dict(analysis, only=only, target=told_target(options.target)),
        [sizes_table(analysis, only=only)],
        brief=[sizes_table(analysis, only=only, most=most)],
        csv=residue_table(analysis, only=only),
    )
    deliver(options, told, files)
    return _failed("field", failures)


def support(options: argparse.Namespace) -> int:
    """``jaxrf support``: measured against exact theory at one feature."""
    from jaxrf.measure.support import SupportMeter
    from jaxrf.storage import save
    from jaxrf.tables import support_table

    files = writable(options)
    analysis = _analyzed(options)
    meter = SupportMeter(analysis, options.endpoint, seed=options.seed)
    at = analysis.position(meter.endpoint, options.at)
    with progress_bar() as tell:
        tell("support", 0, 1)
        measured = meter.measure(at, plain=not options.no_plain)
        tell("support", 1, 1)
    label = measured.exact.endpoint
    numbers = {"target": told_target(options.target), **measured.to_dict()}
    sets = {"measured": measured.support, "exact": measured.exact, "plain": measured.plain}
    masks = {name: s.mask for name, s in sets.items() if s is not None}
    told = Told(
        numbers,
        [support_table([(label, measured)])],
        save=lambda file: save(measured, file, numbers=numbers, further=masks),
        shown=measured,
    )
    deliver(options, told, files)
    if measured.equal:
        return 0
    size = int(measured.exact.mask.sum())
    return _failed(
        "support",
        [
            f"{label} at {measured.exact.at}: expected the {size} inputs of theory, got "
            f"{measured.missing} more and {measured.excess} of them not reached"
        ],
    )


def erf(options: argparse.Namespace) -> int:
    """``jaxrf erf``: the effective receptive field, resumable; or a published recipe of it."""
    from jaxrf.erf_command import effective_field

    return effective_field(options, analyzed=_analyzed)


def predict(options: argparse.Namespace) -> int:
    """``jaxrf predict``: the expected effective field; what it assumes is a warning."""
    from jaxrf.erf_tables import prediction_table
    from jaxrf.measure.predict import prediction_of
    from jaxrf.storage import save

    files = writable(options)
    inputs, analysis = given_inputs(options, _analyzed(options))
    doing("predicting")
    if options.paths:
        from jaxrf.paths_command import paths

        return paths(options, analysis, inputs, files)
    predicted = prediction_of(
        analysis,
        at=options.at,
        endpoint=options.endpoint,
        inputs=inputs,
        calibrate=not options.no_calibrate,
        draws=options.draws,
        seed=options.seed,
    )
    result = {"target": told_target(options.target), **predicted.to_dict()}
    for assumption in predicted.assumptions:
        say(f"jaxrf predict: warning: {assumption}")
    told = Told(
        result,
        [prediction_table(predicted)],
        save=lambda file: save(predicted, file, numbers=result),
        shown=predicted,
    )
    deliver(options, told, files)
    return 0


def compare(options: argparse.Namespace) -> int:
    """``jaxrf compare``: everything side by side; the figure and its numbers."""
    from jaxrf.comparison import compare_analysis
    from jaxrf.comparison_table import compared_table, noted_once
    from jaxrf.storage import save
    from jaxrf.tables import field_table, support_table

    files = writable(options)
    if not options.samples and any(f.suffix in (".npz", *FIGURES) for f in files):
        raise InvalidInput(
            "-o: a figure and .npz need an effective field; got --samples 0, need 1 or more"
        )
    inputs, analysis = given_inputs(options, _analyzed(options))
    announce_samples(options, analysis, options.samples)
    with progress_bar() as tell:
        result = compare_analysis(
            analysis,
            endpoint=options.endpoint,
            samples=options.samples,
            weight_seeds=options.weight_seeds,
            inputs=inputs,
            seed=options.seed,
            batch=options.batch,
            progress=tell,
            plain=not options.no_plain,
        )
        numbers = {**result.to_dict(), "target": told_target(options.target)}
    tables = [field_table(analysis, only=result.endpoint), support_table(result.supports)]
    tables += [compared_table(result)] if result.erf is not None else []
    told = Told(
        numbers,
        noted_once(tables),
        csv=result.table(),
        save=lambda file: save(result.erf, file, numbers=numbers),
        shown=result,
    )
    deliver(options, told, files)
    return _failed("compare", result.failures)


def figures(options: argparse.Namespace) -> int:
    """``jaxrf figures``: the scripts of ``experiments/``, or what there is of each of them."""
    from jaxrf.experiments.runner import find_folder, run_scripts, scripts, summary

    if options.fresh and options.resume:
        raise InvalidInput("--fresh: got --resume too, need one of the two; leave one out")
    if options.check and options.quick:
        raise InvalidInput(
            "--quick: got --check too, which computes every result as it was made, quick or not; "
            "leave one out"
        )
    folder = find_folder(Path.cwd())
    found = scripts(folder, options.names)
    out = folder.parent / "figures" if options.out is None else Path(options.out)
    if options.list:
        return _figures_list(options, found, out)
    if options.check:
        return _figures_check(options, found, out)
    outcomes = run_scripts(found, out, quick=options.quick, fresh=options.fresh)
    told = Told({o.name: o.to_dict() for o in outcomes}, [summary(outcomes)])
    emit(text_of(told, options.format or "table"))
    failed = [f"{o.name}: expected exit code 0, got {o.code}" for o in outcomes if o.code]
    return _failed("figures", failed)


def _figures_list(options: argparse.Namespace, found: Sequence[Path], out: Path) -> int:
    """``--list``: what every script is, and whether its result is complete; nothing is run."""
    from jaxrf.experiments.made_from import first_line
    from jaxrf.experiments.record import state
    from jaxrf.experiments.sources import Sources

    sources = Sources(found[0].parent)
    told = {p.stem: {"state": state(p, out, sources), "about": first_line(p)} for p in found}
    rows = tuple((name, said["state"], said["about"]) for name, said in told.items())
    title = f"experiments of {found[0].parent.parent.name}"
    listed = TextTable(title, ("name", "result", "what"), rows, words=3)
    emit(text_of(Told(told, [listed]), options.format or "table"))
    return 0


def _figures_check(options: argparse.Namespace, found: Sequence[Path], out: Path) -> int:
    """``--check``: computed again and compared; nothing is written beside the results."""
    from jaxrf.experiments.check import check_scripts, tables

    checked = check_scripts(found, out, fresh=options.fresh)
    told = Told({c.name: c.to_dict() for c in checked}, tables(checked))
    emit(text_of(told, options.format or "table"))
    return _failed("figures", [c.failure for c in checked if c.failure])


def zoo(options: argparse.Namespace) -> int:
    """``jaxrf zoo``: the networks."""
    from jaxrf import zoo

    files = writable(options, arrays=False, figure=False)
    rows = tuple((f"zoo:{name}", zoo.describe(name)) for name in zoo.names())
    table = TextTable("networks of jaxrf.zoo", ("target", "what it is"), rows, words=2)
    deliver(options, Told({name: zoo.describe(name) for name in zoo.names()}, [table]), files)
    return 0


def _analyzed(options, **more):
    """The theory of the target; what is only bounded is a warning."""
    from jaxrf.analysis import analyze
    from jaxrf.remarks import capped
    from jaxrf.serialize import several_outputs, warnings

    model, shape = _target(options)
    more |= {"variables": options.variables, "call": options.call}
    doing("deriving the field")
    analysis = analyze(model, shape, spatial_axes=options.axes, wrt=options.wrt, **more)
    doing("drawing weights, compiling")  # until something else is said
    said = capped(warnings(analysis), 8, "operations without a rule, see jaxrf field -f json")
    if options.command != "field" and options.endpoint is None and len(analysis.outputs) > 1:
        said.append(f"{several_outputs(analysis)}; choose with --endpoint")
    for warning in said:
        say(f"jaxrf {options.command}: warning: {warning}")
    return analysis


def _target(options) -> tuple[Any, Any]:
    """The model and the shapes of its inputs."""
    from jaxrf.frameworks.reinit import reinit
    from jaxrf.shape_option import array_of, inputs_of
    from jaxrf.target_options import arguments_of
    from jaxrf.targets import load_target

    if options.model is not None:  # a file, which completed the shapes
        model = reinit(options.model) if options.reinit else options.model
        return model, [array_of(lengths, dtype) for lengths, dtype in options.shape]
    doing(f"loading {options.target}")
    model = load_target(
        options.target,
        factory=options.factory,
        width=options.width,
        arguments=arguments_of(options),
    )
    model = reinit(model) if options.reinit else model
    return model, inputs_of(options)


def _failed(command: str, failures) -> int:
    for line in failures:
        say(f"jaxrf {command}: failed: {line}")
    return 1 if failures else 0
