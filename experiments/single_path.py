"""A single path of layers with given k, s, p, q, and what one output reads of every map.

python experiments/single_path.py --layer 3,2,1,1 --layer 2,1,0,1 --length 12 --at 1 --out folder
"""

import argparse
from functools import partial

from jax import lax
from jax import numpy as jnp

from jaxrf import Layer, Sequential, analyze, experiments, plot
from jaxrf.errors import InvalidInput
from jaxrf.text.table import TextTable

LAYERS = ((3, 2, 1, 0), (2, 1, 0, 1), (3, 1, 1, 1), (3, 2, 2, 1))  # k, s, p, q from the input on
LENGTH, AT = 18, 1


def network(layers):
    """The path as a function [1, length, 1] -> [1, outputs, 1] that JAX can trace."""

    def forward(x):
        for k, s, p, q in layers:
            kernel = jnp.ones((k, 1, 1))
            x = lax.conv_general_dilated(
                x, kernel, (s,), ((p, q),), None, None, ("NWC", "WIO", "NWC")
            )
        return x

    return forward


def regions(layers, length, at):
    """(r, S, P) and the region of one output in every feature map; checked against the trace."""
    net = Sequential([Layer(k, s, ((p, q),)) for k, s, p, q in layers])
    maps, left = net.feature_maps(), length
    for n, window in enumerate(net.windows(0), start=1):
        left = window.output_length(left)
        if left < 1:
            raise InvalidInput(
                f"--length: got {length}, of which layer {n} leaves nothing; use more"
            )
    traced = analyze(network(layers), (1, length, 1))
    derived, by_hand = traced.output, (maps[0].size, maps[0].stride, maps[0].padding)
    found = (derived.size[0], derived.stride[0], derived.padding[0])
    if found != by_hand:
        raise InvalidInput(f"closed forms give {by_hand}, the traced network {found}")
    exact = traced.support(None, (at,)).box
    return {
        "layers": layers,
        "length": length,
        "at": at,
        "maps": [{"r": m.size, "S": m.stride, "P": m.padding} for m in maps],
        "regions": [[m.interval(at).low, m.interval(at).high] for m in maps],
        "center": net.centers((at,))[0],
        "support": [exact[0].low, exact[0].high],
    }


def arguments(parser):
    """The path itself."""
    parser.add_argument(
        "--layer", type=layer, action="append", metavar="k,s,p,q", help="again for every layer"
    )
    parser.add_argument("--length", type=int, default=LENGTH, help=f"of the input ({LENGTH})")
    parser.add_argument("--at", type=int, default=AT, help=f"output to follow ({AT})")


def layer(text):
    """Four integers."""
    try:
        k, s, p, q = map(int, text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(f"got {text!r}, need k,s,p,q such as 3,2,1,1") from None
    return k, s, p, q


def items(options):
    """One."""
    layers = [list(four) for four in options.layer or LAYERS]
    return {"path": partial(regions, layers, options.length, options.at)}


def figure(numbers):
    """Cells of every feature map."""
    path = numbers["path"]
    net = Sequential([Layer(k, s, ((p, q),)) for k, s, p, q in path["layers"]])
    return plot.path(net.windows(0), path["length"], at=path["at"]).axes.figure


def table(numbers):
    """One row per feature map."""
    path = numbers["path"]
    rows = tuple(
        (f"f{n}", *(str(m[key]) for key in "rSP"), str(low), str(high))
        for n, (m, (low, high)) in enumerate(zip(path["maps"], path["regions"], strict=True))
    )
    note = "center {center}, real inputs {support}, of output {at}".format(**path)
    return TextTable("single path", ("map", "r", "S", "P", "u", "v"), rows, (note,))


if __name__ == "__main__":
    experiments.run(__file__, items=items, figure=figure, table=table, arguments=arguments)
