"""What a gradient of one feature costs: of the whole network, cut to the feature, and by hand.

    python benchmarks/restriction.py [--runs 3] [--quick] [--json FILE]

Per network, end-point and image, the gradient of the central feature by the image, as jaxrf samples
it: ``whole`` runs the model, ``cut`` the program that :func:`jaxrf.restrict` makes, ``crop`` what
one writes by hand, the model on the field of the feature alone, as an image of that size. The first
two find the same gradient. The third pads where the image goes on: another gradient at the borders
of the crop, and a measure of cost. CPU seconds of this process,
medians of interleaved runs; compilation, without a cache, is the first run's.
"""

import argparse
import json
import time
from statistics import median

import jax
import jax.numpy as jnp
import numpy as np

import jaxrf
from jaxrf import zoo
from jaxrf.files import write_whole
from jaxrf.program.execute import endpoint_function

CASES = [  # network, its end-point, pixels
    ("resnet_v1_50", "resnet_v1_50/block2", 1024),
    ("resnet_v1_50", None, 512),
    ("resnet_v1_50", None, 1024),
    ("mobilenet_v1", None, 512),
]
QUICK = [("alexnet_v2", "conv3", 400)]


def cpu(function) -> float:
    """CPU seconds of a call."""
    start = time.process_time()
    jax.block_until_ready(function())
    return time.process_time() - start


def gradient(value, at):
    """The compiled gradient of one feature, all channels with the same cotangent."""

    def run(variables, x):
        out, back = jax.vjp(lambda x: value(variables, x), x)
        return back(jnp.zeros_like(out).at[:, at[0], at[1]].set(1.0))[0]

    return jax.jit(run)


def case(network: str, endpoint: str | None, pixels: int, runs: int) -> list[dict]:
    """One row per way."""
    model = zoo.load(network)
    analysis = jaxrf.analyze(model, (1, pixels, pixels, 3))
    name, traced = analysis.find(endpoint), analysis.traced
    at = analysis.position(name, None)
    part = jaxrf.restrict(analysis, endpoint=name, box=at)
    spans = part.inputs[analysis.input]
    crop = tuple(slice(*span) for span in spans)
    small = jaxrf.analyze(model, tuple(stop - low for low, stop in spans))
    middle = small.position(name, None)
    variables = traced.draw(jax.random.key(0))
    x = jax.random.normal(jax.random.key(1), analysis.shape)
    of_whole, of_crop = (endpoint_function(a.traced, name) for a in (analysis, small))
    ways = {
        "whole": (gradient(lambda v, x: of_whole(v, [x]), at), x),
        "cut": (gradient(lambda v, x: part.cut.value(v, [x]), (0, 0)), x[crop]),
        "crop": (gradient(lambda v, x: of_crop(v, [x]), middle), x[crop]),
    }
    first = {way: cpu(lambda f=f, x=x: f(variables, x)) for way, (f, x) in ways.items()}
    taken = {way: [] for way in ways}
    for _ in range(runs):
        for way, (f, x) in ways.items():
            taken[way].append(cpu(lambda f=f, x=x: f(variables, x)))
    one, other = (np.asarray(f(variables, x)) for f, x in (ways["whole"], ways["cut"]))
    off = float(np.abs(one[crop] - other).max() / np.abs(one).max())
    return [
        {
            "network": f"{network} {pixels}, {name}",
            "way": way,
            "compile_s": first[way] - median(taken[way]),
            "run_s": median(taken[way]),
            "share_of_operations": part.flops / part.whole_flops if way == "cut" else None,
            "off": off if way == "cut" else None,
        }
        for way in ways
    ]


def measure(*, runs: int = 3, quick: bool = False) -> dict:
    """The table."""
    cases = QUICK if quick else CASES
    return {"gradients": [row for each in cases for row in case(*each, runs)]}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=3, help="runs of each way")
    parser.add_argument("--quick", action="store_true", help="a small network only")
    parser.add_argument("--json", help="write the numbers to this file")
    options = parser.parse_args()
    result = measure(runs=options.runs, quick=options.quick)
    print(f"{'network, end-point':40} {'way':6} {'compile s':>9} {'run s':>8} {'of whole':>9}")
    for start in range(0, len(result["gradients"]), 3):
        rows = result["gradients"][start : start + 3]
        for row in rows:
            share = row["run_s"] / rows[0]["run_s"]
            print(
                f"{row['network'][:40]:40} {row['way']:6} {row['compile_s']:9.2f} "
                f"{row['run_s']:8.3f} {share:9.3f}"
            )
    if options.json:
        write_whole(options.json, json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
