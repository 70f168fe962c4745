"""Inception v4: v3's modules made uniform and repeated; the resolution halves VALID."""

from jaxrf.zoo.inception import STYLE, averaged, mixed, subsampled
from jaxrf.zoo.rows import Concat, Conv, Definition, Group, MaxPool


def _a(name: str) -> Group:
    """Four branches up to a 5x5 as two 3x3."""
    return mixed(
        name,
        (Conv("Conv2d_0a_1x1", 96, 1),),
        (Conv("Conv2d_0a_1x1", 64, 1), Conv("Conv2d_0b_3x3", 96)),
        (
            Conv("Conv2d_0a_1x1", 64, 1),
            Conv("Conv2d_0b_3x3", 96),
            Conv("Conv2d_0c_3x3", 96),
        ),
        averaged(96),
    )


def _b(name: str) -> Group:
    """Four branches up to two factorised 7x7."""
    return mixed(
        name,
        (Conv("Conv2d_0a_1x1", 384, 1),),
        (
            Conv("Conv2d_0a_1x1", 192, 1),
            Conv("Conv2d_0b_1x7", 224, (1, 7)),
            Conv("Conv2d_0c_7x1", 256, (7, 1)),
        ),
        (
            Conv("Conv2d_0a_1x1", 192, 1),
            Conv("Conv2d_0b_7x1", 192, (7, 1)),
            Conv("Conv2d_0c_1x7", 224, (1, 7)),
            Conv("Conv2d_0d_7x1", 224, (7, 1)),
            Conv("Conv2d_0e_1x7", 256, (1, 7)),
        ),
        averaged(128),
    )


def _c(name: str) -> Group:
    """Four branches, two of which end in a 1x3 beside a 3x1."""
    return mixed(
        name,
        (Conv("Conv2d_0a_1x1", 256, 1),),
        (
            Conv("Conv2d_0a_1x1", 384, 1),
            Concat((Conv("Conv2d_0b_1x3", 256, (1, 3)), Conv("Conv2d_0c_3x1", 256, (3, 1)))),
        ),
        (
            Conv("Conv2d_0a_1x1", 384, 1),
            Conv("Conv2d_0b_3x1", 448, (3, 1)),
            Conv("Conv2d_0c_1x3", 512, (1, 3)),
            Concat((Conv("Conv2d_0d_1x3", 256, (1, 3)), Conv("Conv2d_0e_3x1", 256, (3, 1)))),
        ),
        averaged(256),
    )


NETWORKS = (
    Definition(
        name="inception_v4",
        scope="",
        style=STYLE,
        image=299,
        summary="Inception v4",
        paper="Szegedy et al. 2016, Inception-v4, Inception-ResNet and the impact of residual "
        "connections on learning, arXiv:1602.07261",
        rows=(
            Conv("Conv2d_1a_3x3", 32, 3, 2, "VALID"),
            Conv("Conv2d_2a_3x3", 32, 3, 1, "VALID"),
            Conv("Conv2d_2b_3x3", 64),
            mixed(
                "Mixed_3a",
                (MaxPool("MaxPool_0a_3x3", 3, 2, "VALID"),),
                (Conv("Conv2d_0a_3x3", 96, 3, 2, "VALID"),),
            ),
            mixed(
                "Mixed_4a",
                (Conv("Conv2d_0a_1x1", 64, 1), Conv("Conv2d_1a_3x3", 96, 3, 1, "VALID")),
                (
                    Conv("Conv2d_0a_1x1", 64, 1),
                    Conv("Conv2d_0b_1x7", 64, (1, 7)),
                    Conv("Conv2d_0c_7x1", 64, (7, 1)),
                    Conv("Conv2d_1a_3x3", 96, 3, 1, "VALID"),
                ),
            ),
            mixed("Mixed_5a", (Conv("Conv2d_1a_3x3", 192, 3, 2, "VALID"),), subsampled()),
            *(_a(f"Mixed_5{letter}") for letter in "bcde"),
            mixed(
                "Mixed_6a",
                (Conv("Conv2d_1a_3x3", 384, 3, 2, "VALID"),),
                (
                    Conv("Conv2d_0a_1x1", 192, 1),
                    Conv("Conv2d_0b_3x3", 224),
                    Conv("Conv2d_1a_3x3", 256, 3, 2, "VALID"),
                ),
                subsampled(),
            ),
            *(_b(f"Mixed_6{letter}") for letter in "bcdefgh"),
            mixed(
                "Mixed_7a",
                (Conv("Conv2d_0a_1x1", 192, 1), Conv("Conv2d_1a_3x3", 192, 3, 2, "VALID")),
                (
                    Conv("Conv2d_0a_1x1", 256, 1),
                    Conv("Conv2d_0b_1x7", 256, (1, 7)),
                    Conv("Conv2d_0c_7x1", 320, (7, 1)),
                    Conv("Conv2d_1a_3x3", 320, 3, 2, "VALID"),
                ),
                subsampled(),
            ),
            *(_c(f"Mixed_7{letter}") for letter in "bcd"),
        ),
    ),
)
