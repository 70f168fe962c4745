"""What is expected of every network of the zoo: one row each, over which the tests walk."""

from typing import NamedTuple

__all__ = ["EXPECTED", "Expected", "head"]


class Expected(NamedTuple):
    """Numbers from outside: of an article, of another implementation, or counted by hand.

    Attributes:
        size: r of the last feature map, input pixels.
        stride: S, likewise.
        padding: P, likewise, for the usual image.
        output: height and channels of the last feature map, for the usual image.
        parameters: trainable ones (kernels, biases, beta, gamma where there is one) up to the last
            feature map; None where nobody has published them.
    """

    size: int
    stride: int
    padding: int
    output: tuple[int, int]
    parameters: int | None


def head(features: int, classes: int = 1000) -> int:
    """Parameters of a classifier: weights and a bias for every class."""
    return (features + 1) * classes


_VGG_HEAD = head(25_088, 4096) + head(4096, 4096) + head(4096)  # fc6 from 7x7x512, fc7, fc8

# r, S and P of those in it: Araujo, Norris and Sim, Distill 2019, the table of networks. The
# comments name where the parameters are from.
EXPECTED = {
    # torchvision's AlexNet has 61,100,840, of which fc6..fc8 58,631,144, and 256 channels in conv4
    # where TF-Slim has 384 (737,408 more).
    "alexnet_v2": Expected(195, 32, 64, (5, 256), 61_100_840 - 58_631_144 + 737_408),
    # torchvision, vgg11.
    "vgg_a": Expected(150, 32, 59, (7, 512), 132_863_336 - _VGG_HEAD),
    # Keras and torchvision, VGG16.
    "vgg_16": Expected(212, 32, 90, (7, 512), 138_357_544 - _VGG_HEAD),
    # Those of Inception v2 and v4 are counted otherwise: see test_parameters.py.
    "inception_v2": Expected(699, 32, 318, (7, 1024), None),
    "inception_v2-no-separable-conv": Expected(699, 32, 318, (7, 1024), None),
    # Keras, InceptionV3: total 23,851,784 less 34,432 running statistics.
    "inception_v3": Expected(1311, 32, 618, (8, 2048), 23_851_784 - 34_432 - head(2048)),
    "inception_v4": Expected(2071, 32, 998, (8, 1536), None),
    # Keras, InceptionResNetV2: total 55,873,736 less 60,544 running statistics.
    "inception_resnet_v2": Expected(3039, 32, 1482, (8, 1536), 55_873_736 - 60_544 - head(1536)),
    "inception_resnet_v2-same": Expected(
        3039, 32, 1509, (10, 1536), 55_873_736 - 60_544 - head(1536)
    ),
    # Keras, MobileNet, less its 21,888 running statistics (total 4,253,864); also imgclsmob.
    "mobilenet_v1": Expected(315, 32, 126, (7, 1024), 4_231_976 - head(1024)),
    # imgclsmob (github.com/osmr/imgclsmob), "MobileNet x0.75"; Howard et al. round it to 2.6 M.
    "mobilenet_v1_075": Expected(315, 32, 126, (7, 768), 2_585_560 - head(768)),
    # torchvision. Where the stride stands does not change them.
    "resnet_v1_50": Expected(483, 32, 239, (7, 2048), 25_557_032 - head(2048)),
    "resnet_v1_101": Expected(1027, 32, 511, (7, 2048), 44_549_160 - head(2048)),
    "resnet_v1_152": Expected(1507, 32, 751, (7, 2048), 60_192_808 - head(2048)),
    # imgclsmob, "ResNet-200".
    "resnet_v1_200": Expected(1763, 32, 879, (7, 2048), 64_673_832 - head(2048)),
    # Keras, ResNet50V2, 101V2, 152V2: totals less running statistics.
    "resnet_v2_50": Expected(483, 32, 239, (7, 2048), 25_613_800 - 45_440 - head(2048)),
    "resnet_v2_101": Expected(1027, 32, 511, (7, 2048), 44_675_560 - 97_664 - head(2048)),
    "resnet_v2_152": Expected(1507, 32, 751, (7, 2048), 60_380_648 - 143_744 - head(2048)),
    "resnet_v2_200": Expected(1763, 32, 879, (7, 2048), None),
}
