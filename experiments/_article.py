"""The twelve networks of the article's table, in its order, and images that hold their fields."""

from jaxrf import analyze, zoo
from jaxrf.geometry.interval import Interval

NETWORKS = (
    "alexnet_v2",
    "vgg_16",
    "mobilenet_v1",
    "mobilenet_v1_075",
    "resnet_v1_50",
    "inception_v2",
    "resnet_v1_101",
    "inception_v3",
    "resnet_v1_152",
    "resnet_v1_200",
    "inception_v4",
    "inception_resnet_v2",
)
STEP = 32  # pixels, the total stride of all of them


def spacious(name, *, width):
    """The analysis on the smallest square image, a multiple of 32, that holds the central field."""
    pixels = 224
    while True:
        analysis = analyze(zoo.load(name, width=width), (1, pixels, pixels, 3))
        field = analysis.output
        box = field.box(analysis.position(analysis.names[-1], None))
        if all(i in Interval(0, pixels - 1) for i in box):
            return analysis
        beyond = max(max(-i.low, i.high - pixels + 1) for i in box)
        # The central feature moves by half of what the image grows.
        pixels += max(STEP, beyond // STEP * STEP)
