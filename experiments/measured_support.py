"""Supports of the article's networks, measured by backpropagated impulses, against theory.

At true depth and stride, on an image that holds the whole field of the central feature (3,104
pixels for inception_resnet_v2): two-dimensional impulses at a corner, an edge, the centre and a
random feature, through the positive linearisation in float64 (every path open), and through the
untouched network at random weights, whose gradient must lie inside. Channel counts are reduced 16
times, which keeps every window, stride, join and name.
"""

from functools import partial

from _article import NETWORKS, spacious

from jaxrf import experiments
from jaxrf.comparison.features import features
from jaxrf.measure.support import SupportMeter
from jaxrf.text.table import TextTable

WIDTH = 1 / 16
QUICK = NETWORKS[:5]


def measured(name, *, everywhere):
    """Sets of pixels at several features of the last feature map."""
    analysis = spacious(name, width=WIDTH)
    meter, field = SupportMeter(analysis), analysis.output
    chosen = features(analysis, analysis.names[-1])
    if not everywhere:
        chosen = {"center": chosen["center"]}
    found = {}
    for label, at in chosen.items():
        support = meter.measure(at)
        found[label] = {
            "at": at,
            "measured": [[i.low, i.high] for i in support.support.box],
            "theory": [[i.low, i.high] for i in support.exact.box],
            "pixels": int(support.support.mask.sum()),
            "missing": support.missing,
            "excess": support.excess,
            "plain": int(support.plain.mask.sum()),
            "equal": support.equal,
        }
    return {
        "image": analysis.shape[1],
        "size": list(field.size),
        "end_point": field.name,
        "features": found,
    }


def items(options):
    """One item per network, the largest last: the peak of memory is then its own."""
    names = QUICK if options.quick else NETWORKS
    return {name: partial(measured, name, everywhere=not options.quick) for name in names}


def table(numbers):
    """What was measured, beside what theory says."""
    rows = []
    for name, found in numbers.items():
        center = found["features"]["center"]
        extent = center["measured"][0][1] - center["measured"][0][0] + 1
        places = found["features"].values()
        rows.append(
            (
                name,
                str(found["image"]),
                str(found["size"][0]),
                str(extent),
                str(center["pixels"]),
                str(sum(f["missing"] for f in places)),
                str(sum(f["excess"] for f in places)),
                f"{center['plain'] / center['pixels']:.4f}",
                f"{sum(f['equal'] for f in places)} of {len(places)}",
            )
        )
    header = ("network", "image", "r", "measured", "pixels", "missing", "excess", "plain", "equal")
    notes = (
        "image: side, pixels; r: theory; measured: extent of the central support; pixels: in it;",
        "missing, excess: over all features; plain: share of the pixels in which the untouched",
        "network's gradient is not zero; equal: features where the sets are the same.",
    )
    return TextTable("Measured supports, last feature map", header, tuple(rows), notes)


if __name__ == "__main__":
    experiments.run(__file__, items=items, table=table)
