"""Growth of the receptive field, layer by layer, in every network of the article's table."""

from functools import partial

from jaxrf import analyze, experiments, plot, zoo
from jaxrf.graph import Read
from jaxrf.layers import Window
from jaxrf.tables import TextTable

SIDE = 224
FAMILIES = {
    "alexnet_v2": "AlexNet",
    "vgg_16": "VGG",
    "mobilenet_v1": "MobileNet",
    "resnet_v1_50": "ResNet",
    "resnet_v1_101": "ResNet",
    "resnet_v1_152": "ResNet",
    "inception_v2": "Inception",
    "inception_v3": "Inception",
    "inception_v4": "Inception",
    "inception_resnet_v2": "Inception-ResNet",
}


def growth(name):
    """R and depth of every end-point, and the first that covers the image."""
    analysis = analyze(zoo.load(name), (1, SIDE, SIDE, 3))
    depths = depths_of(analysis.traced.graph.graph)
    sizes = [field.size[0] for field in analysis.values()]
    return {
        "endpoints": list(analysis),
        "depths": [depths[analysis.node(name)] for name in analysis],
        "sizes": sizes,
        "covers": next((n for n, r in zip(analysis, sizes, strict=True) if r >= SIDE), None),
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
    reads = [read for read in node.how if isinstance(read, Read)] if type(node.how) is tuple else []
    windows = [d[1] for read in reads for d in read.dims if d and isinstance(d[1], Window)]
    return any(window.kernel > 1 for window in windows)


def items(options):
    """One network an item."""
    return {name: partial(growth, name) for name in FAMILIES if name in zoo.names()}


def figure(numbers):
    """One line a network."""
    lines = {name: (n["depths"], n["sizes"]) for name, n in numbers.items()}
    return plot.growth(lines, families=FAMILIES, image=SIDE).axes.figure


def table(numbers):
    """One row a network."""
    rows = tuple(
        (name, n["covers"] or "-", str(n["depths"][-1]), str(n["sizes"][-1]))
        for name, n in numbers.items()
    )
    header = ("network", f"first to cover {SIDE} px", "depth", "r")
    return TextTable("growth of the receptive field", header, rows, words=2)


if __name__ == "__main__":
    experiments.run(__file__, items=items, figure=figure, table=table)
