"""Layers that can add no context: the field of what they read is larger than the input already.

Counted are convolutions and linear layers on local features. A layer *exceeds* where r of what it
reads is larger than the input, and is *unproductive*, after Richter et al. (arXiv:2106.12307),
where that holds along the narrowest path into it too: shortcuts may carry local features on.
"""

from functools import partial

from _modern import NETWORKS, Net

from jaxrf import analyze, experiments, weighted_layers, zoo
from jaxrf.plot import strips, style
from jaxrf.text.table import TextTable

OLDER = {
    title: Net(title, lambda shape, real, name=name: zoo.load(name))
    for title, name in (("VGG-16", "vgg_16"), ("ResNet-50", "resnet_v1_50"))
}
CHOSEN = OLDER | NETWORKS
QUICK = ("VGG-16", "ResNet-50", "MobileNetV3-S", "RegNetY-400MF", "PatchGAN 70", "TCN")
PIXELS = (32, 64, 224, 512)
SAMPLES = (256, 1024, 4096, 16384)
DRAWN = (32, 224)
# As the figure has them, by year.
ROWS = (
    *("VGG-16", "U-Net, same", "ResNet-50", "DenseNet-121", "Xception", "PatchGAN 70"),
    *("NASNet-A mobile", "MobileNetV2", "MobileNetV3-S", "EfficientNet-B0", "EfficientNet-B7"),
    *("RegNetX-400MF", "RegNetY-400MF", "EfficientNetV2-S", "ConvNeXt-T"),
)


def layers(title):
    """Of what every layer reads, r and the narrowest r; the first axis speaks for both."""
    net = CHOSEN[title]
    found = weighted_layers(analyze(net.build(net.shape, False), net.shape))
    assert all(len(set(layer.incoming)) == len(set(layer.narrowest)) == 1 for layer in found)
    return {
        "image": net.is_image,
        "names": [layer.name for layer in found],
        "incoming": [layer.incoming[0] for layer in found],
        "narrowest": [layer.narrowest[0] for layer in found],
        "sizes": {
            str(size): {
                "exceed": sum(layer.exceeds(size) for layer in found),
                "unproductive": sum(layer.is_unproductive(size) for layer in found),
            }
            for size in (PIXELS if net.is_image else SAMPLES)
        },
    }


def items(options):
    """One network per item."""
    return {title: partial(layers, title) for title in (QUICK if options.quick else CHOSEN)}


def table(numbers):
    """Unproductive and exceeding layers of every network, images and signals apart."""
    tables = {}
    for suffix, sizes, unit in (("images", PIXELS, "px"), ("signals", SAMPLES, "samples")):
        rows = []
        for title, n in numbers.items():
            if n["image"] == (suffix == "images"):
                counts = [n["sizes"][str(size)] for size in sizes]
                cells = [f"{c['unproductive']} / {c['exceed']}" for c in counts]
                largest = str(max(n["incoming"]))
                rows.append((title, str(len(n["incoming"])), largest, *cells))
        columns = ("network", "layers", "largest r read", *(f"{size} {unit}" for size in sizes))
        title = "layers that every path exceeds / that the widest path exceeds, by input size"
        tables[suffix] = TextTable(title, columns, tuple(rows))
    return tables


def figure(numbers):
    """Two input sizes side by side, one strip per network."""
    rows = {
        title: list(zip(numbers[title]["incoming"], numbers[title]["narrowest"], strict=True))
        for title in ROWS
        if title in numbers
    }
    with style.context():
        drawn = style.new_figure(style.DOUBLE_COLUMN, 1.05 + 0.17 * len(rows))
        axes = drawn.subplots(1, len(DRAWN))
        for n, (ax, size) in enumerate(zip(axes, DRAWN, strict=True)):
            made = strips.layer_strips(rows, size=size, names=n == 0, ax=ax)
        bar = drawn.colorbar(
            made.colors, ax=list(axes), location="bottom", aspect=45, fraction=0.03, pad=0.03,
            label="r of what the layer reads / input size", extend="min",
        )  # fmt: skip
        bar.set_ticks([1 / 64, 1 / 16, 1 / 4, 1], labels=["1/64", "1/16", "1/4", "1"])
        bar.minorticks_off()
        drawn.legend(handles=strips.legend_handles(), loc="outside upper center", ncols=3)
    return drawn


if __name__ == "__main__":
    experiments.run(__file__, items=items, table=table, figure=figure)
