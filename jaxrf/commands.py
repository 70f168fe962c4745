"""What each command does: results to standard output, progress and warnings to standard error."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from jaxrf.cost import announce_samples
from jaxrf.errors import InvalidInput
from jaxrf.files import whole, write_whole
from jaxrf.heartbeat import doing
from jaxrf.output import format_of, formatted, writable, write, write_maps, wrote
from jaxrf.progress import progress_bar
from jaxrf.results import emit, say
from jaxrf.tables import TextTable

__all__ = ["compare", "erf", "field", "figures", "predict", "support", "zoo"]


def field(options: argparse.Namespace) -> int:
    """``jaxrf field``: the theory of every end-point."""
    from jaxrf.rows import ROWS
    from jaxrf.serialize import analysis_dict, to_json
    from jaxrf.tables import field_table

    output = writable(options.output)
    options.format = format_of(output, options.format)
    if any(None in lengths for lengths, _ in options.shape):
        return _field_sizes(options, output)
    if options.start is not None:
        raise InvalidInput("--start: got no free length in --shape, need one, e.g. 1,None,None,3")
    analysis = _analyzed(options, all_endpoints=options.all, strict=options.strict)
    name = analysis.find(options.at)
    failures = _unexpected(analysis[name], options.expect)
    if options.format == "json":
        text = to_json(analysis_dict(analysis, only=options.at, target=options.target)) + "\n"
    else:
        most = ROWS if options.format == "table" and not options.all else None
        text = formatted(field_table(analysis, only=options.at, most=most), options.format)
    write(options, output, text)
    return _failed("field", failures)


def _field_sizes(options: argparse.Namespace, output: Path | None) -> int:
    """``jaxrf field`` with free lengths: every residue of the total stride."""
    from jaxrf.rows import ROWS
    from jaxrf.serialize import to_json
    from jaxrf.sizes import analyze_sizes
    from jaxrf.sizes.expect import unexpected
    from jaxrf.sizes.report import residue_table, sizes_dict, sizes_table

    model, shape = _target(options)
    with progress_bar() as tell:
        analysis = analyze_sizes(
            model,
            shape,
            spatial_axes=options.axes,
            wrt=options.wrt,
            all_endpoints=options.all,
            strict=options.strict,
            start=options.start,
            progress=lambda done, total: tell("residues", done, total),
        )
    name = analysis.find(options.at)
    if options.format == "json":
        text = to_json(sizes_dict(analysis, only=options.at, target=options.target)) + "\n"
    elif options.format == "csv":
        text = residue_table(analysis, only=options.at).csv()
    else:
        most = ROWS if options.format == "table" and not options.all else None
        text = formatted(sizes_table(analysis, only=options.at, most=most), options.format)
    write(options, output, text)
    return _failed("field", unexpected(analysis[name], options.expect))


def support(options: argparse.Namespace) -> int:
    """``jaxrf support``: measured against exact theory at one feature."""
    import numpy as np

    from jaxrf.measure.support import SupportMeter
    from jaxrf.serialize import to_json
    from jaxrf.tables import support_table

    output = writable(options.output, (".npz",))
    analysis = _analyzed(options)
    meter = SupportMeter(analysis, options.endpoint, seed=options.seed)
    at = analysis.position(meter.endpoint, options.at)
    with progress_bar() as tell:
        tell("support", 0, 1)
        measured = meter.measure(at, plain=not options.no_plain)
        tell("support", 1, 1)
    if output is not None:
        sets = {"measured": measured.support, "exact": measured.exact, "plain": measured.plain}
        masks: dict[str, Any] = {name: s.mask for name, s in sets.items() if s is not None}
        with whole(output) as file:
            np.savez(file, **masks)
    label = measured.exact.endpoint
    if options.format == "json":
        emit(to_json({"target": options.target, **measured.to_dict()}) + "\n")
    else:
        table = support_table([("feature", measured)])
        emit(formatted(table, options.format))
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

    return effective_field(options, analyzed=_analyzed, images=_images)


def predict(options: argparse.Namespace) -> int:
    """``jaxrf predict``: the expected effective field; what it assumes is a warning."""
    from jaxrf.erf_tables import prediction_table
    from jaxrf.measure.predict import prediction_of
    from jaxrf.serialize import to_json

    output = writable(options.output, (".npz",))
    analysis = _analyzed(options)
    if options.paths:
        from jaxrf.paths_command import paths

        doing("predicting")
        return paths(options, analysis, _images(options), output)
    doing("predicting")
    predicted = prediction_of(
        analysis,
        at=options.at,
        endpoint=options.endpoint,
        inputs=_images(options),
        calibrate=not options.no_calibrate,
        draws=options.draws,
        seed=options.seed,
    )
    result = {"target": options.target, **predicted.to_dict()}
    for assumption in predicted.assumptions:
        say(f"jaxrf predict: warning: {assumption}")
    if output is not None:
        write_maps(output, result, map=predicted.map)
        wrote(options, output)
    if options.format == "json":
        emit(to_json(result) + "\n")
    else:
        emit(formatted(prediction_table(predicted), options.format))
    return 0


def compare(options: argparse.Namespace) -> int:
    """``jaxrf compare``: everything side by side; the figure and its numbers."""
    from jaxrf.comparison import compare_analysis
    from jaxrf.comparison_table import compared_table
    from jaxrf.serialize import to_json
    from jaxrf.tables import field_table, support_table

    output = writable(options.output, (".png", ".pdf"))
    if output is not None and not options.samples:
        raise InvalidInput("-o: a figure needs an effective field; got --samples 0, need 1 or more")
    inputs = _images(options)
    analysis = _analyzed(options)
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
        )
        numbers = {**result.to_dict(), "target": options.target}
    if output is not None:
        from jaxrf.plot import report, save

        save(report(result), output)
        write_whole(output.with_suffix(".json"), to_json(numbers) + "\n")
        wrote(options, output, output.with_suffix(".json"))
    if options.format == "json":
        emit(to_json(numbers) + "\n")
    else:
        tables = [field_table(analysis, only=result.endpoint), support_table(result.supports)]
        tables += [compared_table(result)] if result.erf is not None else []
        emit("\n".join(formatted(t, options.format) for t in tables))
    return _failed("compare", result.failures)


def figures(options: argparse.Namespace) -> int:
    """``jaxrf figures``: the scripts of ``experiments/``, or what each of them is."""
    from jaxrf.experiments.made_from import first_line
    from jaxrf.experiments.runner import find_folder, run_scripts, scripts, summary
    from jaxrf.serialize import to_json

    if options.fresh and options.resume:
        raise InvalidInput("--fresh: got --resume too, need one of the two; leave one out")
    folder = find_folder(Path.cwd())
    found = scripts(folder, options.names)
    if options.list:
        rows = tuple((path.stem, first_line(path)) for path in found)
        listed = TextTable(f"experiments of {folder.parent.name}", ("name", "what"), rows, words=2)
        text = to_json(dict(rows)) + "\n"
        emit(text if options.format == "json" else formatted(listed, options.format))
        return 0
    out = folder.parent / "figures" if options.out is None else Path(options.out)
    outcomes = run_scripts(found, out, quick=options.quick, fresh=options.fresh)
    if options.format == "json":
        emit(to_json({o.name: o.to_dict() for o in outcomes}) + "\n")
    else:
        emit(formatted(summary(outcomes), options.format))
    failed = [f"{o.name}: expected exit code 0, got {o.code}" for o in outcomes if o.code]
    return _failed("figures", failed)


def zoo(options: argparse.Namespace) -> int:
    """``jaxrf zoo``: the networks."""
    from jaxrf import zoo
    from jaxrf.serialize import to_json

    if options.format == "json":
        emit(to_json({name: zoo.describe(name) for name in zoo.names()}) + "\n")
        return 0
    rows = tuple((f"zoo:{name}", zoo.describe(name)) for name in zoo.names())
    table = TextTable("networks of jaxrf.zoo", ("target", "what it is"), rows, words=2)
    emit(formatted(table, options.format))
    return 0


def _analyzed(options, **more):
    """The theory of the target; what is only bounded is a warning."""
    from jaxrf.analysis import analyze
    from jaxrf.remarks import capped
    from jaxrf.serialize import several_outputs, warnings

    model, shape = _target(options)
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
    from jaxrf.targets import load_target

    doing(f"loading {options.target}")
    model = load_target(options.target, factory=options.factory, width=options.width)
    if len(options.shape) == 1 and options.shape[0][1] is None:
        return model, options.shape[0][0]
    return model, [_input(lengths, kind or "float32") for lengths, kind in options.shape]


def _input(lengths: tuple[int | None, ...], dtype: str) -> Any:
    """One of several inputs, or one that is not float32."""
    from jaxrf.sizes.template import OpenInput
    from jaxrf.trace.inputs import abstract_inputs

    return OpenInput(lengths, dtype) if None in lengths else abstract_inputs(lengths, dtype)[0]


def _images(options, recipe=None):
    if options.images is None:
        return None
    from jaxrf.images import load_images
    from jaxrf.trace.inputs import checked_shape

    return load_images(options.images, checked_shape(options.shape[0][0]), recipe=recipe)


def _unexpected(field, expectations) -> list[str]:
    """One line for every ``--expect`` that does not hold, on any axis."""
    from jaxrf.causality import in_words

    failures = []
    for name, expected in expectations:
        values = {
            "size": field.size,
            "stride": field.stride,
            "padding": field.padding,
            "period": tuple(a.period for a in field.axes),
            "aligned": tuple(a.aligned for a in field.axes),
            "global": tuple(a.is_global for a in field.axes),
            "causal": field.causal,
            "look_back": [in_words(a.look_back, a.causal, unknown="none") for a in field.axes],
            "look_ahead": [in_words(a.look_ahead, a.causal, unknown="none") for a in field.axes],
        }[name]
        got = ["none" if v is None else str(v).lower() for v in values]
        wanted = [part.strip().lower() for part in expected.split(",")]
        wanted = wanted * len(got) if len(wanted) == 1 else wanted
        if wanted != got:
            shown = got[0] if len(set(got)) == 1 and "," not in expected else ",".join(got)
            failures.append(f"{field.name}: expected {name} {expected}, got {shown}")
    return failures


def _failed(command: str, failures) -> int:
    for line in failures:
        say(f"jaxrf {command}: failed: {line}")
    return 1 if failures else 0
