"""Growth of the receptive field, layer by layer, in every network of the accuracy figure."""

from functools import partial

from _networks import LABELS, NAMES, QUICK, family, label

from jaxrf import analyze, experiments, plot, zoo
from jaxrf.geometry.words import Read, Window
from jaxrf.text.table import TextTable
from jaxrf.theory.solve.fields import axis_field, output_dim

SIDE = 224


def growth(name):
    """The largest r at every depth, r and depth of the end-points, the first to cover the image."""
    analysis = analyze(zoo.load(name), (1, SIDE, SIDE, 3))
    graph, solution = analysis.view.graph, analysis.solutions[0]
    depths = depths_of(graph)
    largest = {}
    for index, node in enumerate(graph):
        if _is_layer(node) and solution.fields[index] is not None:
            node_field = solution.field(index)
            field = axis_field(
                node_field, solution.axis, SIDE, str, node.full_shape, output_dim(node_field)
            )
            largest[depths[index]] = max(field.size, largest.get(depths[index], 0))
    sizes = {name: field.size[0] for name, field in analysis.items()}
    return {
        "depths": sorted(largest),
        "sizes": [largest[depth] for depth in sorted(largest)],
        "endpoints": {
            n: {"depth": depths[analysis.view.index[analysis.node(n)]], "r": r}
            for n, r in sizes.items()
        },
        "covers": next((n for n, r in sizes.items() if r >= SIDE), None),
        "r": analysis.output.size[0],
    }


def depths_of(graph):
    """Per node, the convolutions and poolings on the longest path from the input."""
    depths = []
    for node in graph:
        below = max((depths[i] for i in node.operands), default=0)
        depths.append(below + _is_layer(node))
    return depths


def _is_layer(node):
    """Padding and cropping are windows too, but neither mixes neighbours nor has weights."""
    if node.op == "conv_general_dilated":
        return True
    of_operands = node.dependence if isinstance(node.dependence, tuple) else ()
    reads = [read for read in of_operands if isinstance(read, Read)]
    windows = [d[1] for read in reads for d in read.dims if d and isinstance(d[1], Window)]
    return any(window.kernel > 1 for window in windows)


def items(options):
    """One network per item; quick: the shallow ones."""
    names = QUICK if options.quick else NAMES
    return {name: partial(growth, name) for name in names}


def figure(numbers):
    """One line per network."""
    lines = {label(name): (n["depths"], n["sizes"]) for name, n in numbers.items()}
    families = {label(name): family(name) for name in LABELS}
    return plot.growth(lines, families=families, image=SIDE).axes.figure


def table(numbers):
    """One row per network."""
    rows = tuple(
        (name, n["covers"] or "-", str(n["depths"][-1]), str(n["r"])) for name, n in numbers.items()
    )
    header = ("network", f"first to cover {SIDE} px", "depth", "r")
    return TextTable("growth of the receptive field", header, rows, words=2)


if __name__ == "__main__":
    experiments.run(__file__, items=items, figure=figure, table=table)
