"""Two toys with two branches, one aligned and one not: what every output reads, and the verdict."""

from functools import partial

import numpy as np
from jax import numpy as jnp
from jax.lax import conv_general_dilated

from jaxrf import Graph, Layer, analyze, experiments, measure_support, plot, solve_paths
from jaxrf.errors import InvalidInput
from jaxrf.plot import style
from jaxrf.text.table import TextTable

# (k, s, p, q) of the layers of two branches, from the input on, and the length of the input.
# Source: Araujo, Norris and Sim, Distill 2019, the two figures under "Alignment issues".
TOYS = {
    "misaligned": {"left": [(5, 2, 2, 1)], "right": [(3, 1, 0, 0), (3, 1, 0, 0)], "length": 7},
    "aligned": {"left": [(1, 4, 0, 0)], "right": [(3, 2, 1, 0), (1, 2, 0, 0)], "length": 12},
}
BRANCHES = ("left", "right")


def convolutions(layers, x):
    """A branch, as JAX convolutions over [1, length, 1]."""
    for k, s, p, q in layers:
        kernel = jnp.ones((k, 1, 1))
        x = conv_general_dilated(x, kernel, (s,), ((p, q),), None, None, ("NWC", "WIO", "NWC"))
    return x


def network(toy):
    """Both branches and their sum, as a function that JAX can trace."""

    def forward(x):
        left, right = (convolutions(toy[branch], x) for branch in BRANCHES)
        return {"left": left, "right": right, "add": left + right}

    return forward


def by_hand(toy):
    """The same as a graph, for the article's own algorithm."""
    graph = Graph()
    graph.input("image", shape=(toy["length"],))
    ends = []
    for branch in BRANCHES:
        end = "image"
        for n, (k, s, p, q) in enumerate(toy[branch], start=1):
            name = branch if n == len(toy[branch]) else f"{branch} {n}"
            end = graph.add(name, Layer(k, s, ((p, q),)), of=end)
        ends.append(end)
    return solve_paths(graph, graph.add("add", of=ends))


def verdict(name):
    """Regions of every output through each branch, what is measured, eqs (12) and (13)."""
    toy = TOYS[name]
    shape = (1, toy["length"], 1)
    analysis = analyze(network(toy), shape)
    outputs = range(analysis.grid("add")[0])
    paths = by_hand(toy)
    if paths.aligned != analysis["add"].aligned:
        raise InvalidInput(f"{name}: the article's algorithm says {paths.aligned}, the trace not")
    measured = [measure_support(network(toy), shape, at=(u,), endpoint="add") for u in outputs]
    left, right = ([analysis[b].center((u,))[0] for u in outputs] for b in BRANCHES)
    return {
        "offsets": [b - a for a, b in zip(left, right, strict=True)],
        "length": toy["length"],
        "aligned": paths.aligned,
        "regions": {b: [_ends(analysis[b].box((u,))) for u in outputs] for b in BRANCHES},
        "stride": {b: analysis[b].stride[0] for b in BRANCHES},
        "first_center": {b: analysis[b].center((0,))[0] for b in BRANCHES},
        "field": {key: getattr(analysis["add"], key)[0] for key in ("size", "stride", "padding")},
        "support": [np.flatnonzero(m.support.mask).tolist() for m in measured],
        "measured_equals_theory": all(m.equal for m in measured),
        "joins": [m.to_dict() for m in paths.misaligned],
        "verdict": [m.sentence for m in paths.misaligned],
    }


def _ends(box):
    return [box[0].low, box[0].high]


def items(options):
    """One toy per item."""
    return {name: partial(verdict, name) for name in TOYS}


def figure(numbers):
    """Both toys side by side."""
    with style.context():
        drawn = style.new_figure(style.DOUBLE_COLUMN, 2.5)
        for ax, (name, toy) in zip(drawn.subplots(1, 2), numbers.items(), strict=True):
            plot.branches(
                {labelled(name, b): toy["regions"][b] for b in BRANCHES},
                toy["length"],
                title=f"{name}\n{said(toy)}",
                legend_title="branch: k, s, p, q of its layers",
                ax=ax,
            )
    return drawn


def labelled(name, branch):
    """A branch with its layers."""
    return f"{branch}: " + "; ".join(", ".join(map(str, four)) for four in TOYS[name][branch])


def said(toy):
    """Eqs (12) and (13) of a toy in words."""
    facts = []
    for symbol, key, equation in (("S", "stride", 12), ("centres", "first_center", 13)):
        left, right = (str(toy[key][branch]).removesuffix(".0") for branch in BRANCHES)
        sign, holds = ("=", "holds") if left == right else ("≠", "fails")
        facts.append(f"{symbol}: {left} {sign} {right}, eq {equation} {holds}")
    return "; ".join(facts)


def table(numbers):
    """One row per output."""
    rows = tuple(
        (name, str(u), *(str(toy["regions"][b][u]) for b in BRANCHES), str(len(toy["support"][u])))
        for name, toy in numbers.items()
        for u in range(len(toy["support"]))
    )
    notes = tuple(f"{name}: {join}" for name, toy in numbers.items() for join in toy["verdict"])
    header = ("toy", "output", "left", "right", "real inputs")
    return TextTable("alignment", header, rows, notes)


if __name__ == "__main__":
    experiments.run(__file__, items=items, figure=figure, table=table)
