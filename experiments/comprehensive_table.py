"""The comprehensive table: r, S, P, alignment and FLOPs of every end-point at three resolutions.

Networks, end-points and resolutions are those of the article's table (``_endpoints.json``).
Resolution "None" stands for every input length at once: where P or the alignment depends on it, the
cell says how, by the residue of the length n, and the CSV has the same text. FLOPs are those up to
the end-point, 2 per multiply-add, padding taps included: of all operations, and of convolutions.
"""

import json
from functools import partial
from pathlib import Path

from jaxrf import analyze, analyze_sizes, experiments, zoo
from jaxrf.text.table import TextTable
from jaxrf.theory.sizes.describe import describe

LIST = json.loads((Path(__file__).parent / "_endpoints.json").read_text())
QUICK = ("alexnet_v2", "inception_v2", "mobilenet_v1")
COLUMNS = ("size", "stride", "padding", "aligned")


def at_one_size(name, resolution, endpoints):
    """One row per end-point for images of ``resolution`` squared pixels."""
    analysis = analyze(zoo.load(name), (1, resolution, resolution, 3))
    rows = []
    for endpoint in endpoints:
        field = analysis[endpoint]
        axes = [[str(getattr(axis, c)) for c in COLUMNS[:3]] + [_yes(axis)] for axis in field.axes]
        flops = [analysis.flops(endpoint), analysis.flops(endpoint, op="conv_general_dilated")]
        rows.append([name, str(resolution), endpoint, *flops, *_both(axes)])
    return {"rows": rows}


def at_every_size(name, endpoints):
    """The same for every resolution; "by n" where it depends on the length n of the axis."""
    analysis = analyze_sizes(zoo.load(name), (1, None, None, 3))
    rows, evidence = [], set()
    for endpoint in endpoints:
        axes = [[_said(axis, c) for c in COLUMNS] for axis in analysis[endpoint].axes]
        rows.append([name, "None", endpoint, None, None, *_both(axes)])
        evidence |= {r.evidence for axis in analysis[endpoint].axes for r in axis.residues}
    return {"rows": rows, "known": sorted(evidence)}


def _said(axis, column):
    """What holds for each residue of the length, in words."""
    values = {r.residue: getattr(r.answer, column) for r in axis.residues if r.answer is not None}
    said = describe(values, axis.modulus)
    return f"{said.text} ({said.where})" if said.where else said.text


def _yes(axis):
    return "yes" if axis.aligned else "no"


def _both(axes):
    """One text per column where the axes agree, "rows x columns" elsewhere."""
    columns = zip(*axes, strict=True)
    return [c[0] if len(set(c)) == 1 else " x ".join(c) for c in columns]


def items(options):
    """One item per network and resolution."""
    work = {}
    for name, endpoints in LIST["endpoints"].items():
        if options.quick and name not in QUICK:
            continue
        for resolution in LIST["resolutions"]:
            done = partial(at_every_size, name, endpoints)
            if resolution is not None:
                done = partial(at_one_size, name, resolution, endpoints)
            work[f"{name} {resolution}"] = done
    return work


def table(numbers):
    """All rows."""
    rows = [row for item in numbers.values() for row in item["rows"]]
    known = sorted({k for item in numbers.values() for k in item.get("known", [])})
    header = ("network", "resolution", "end-point", "GFLOP", "of convs", "r", "S", "P", "aligned")
    return TextTable(
        "Fields of 19 networks; r, S, P in input pixels, n is the length of an axis",
        header,
        tuple((*row[:3], *map(_giga, row[3:5]), *row[5:]) for row in rows),
        (f"Resolution None, every length: {', '.join(known)}.",),
        words=3,
    )


def _giga(flops):
    return "" if flops is None else f"{flops / 1e9:.3f}"


if __name__ == "__main__":
    experiments.run(__file__, items=items, table=table)
