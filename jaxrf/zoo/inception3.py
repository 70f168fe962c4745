"""Inception v3: factorised convolutions (7x7 as 1x7 and 7x1), VALID where the resolution halves."""

from jaxrf.zoo.inception import STYLE, averaged, mixed, subsampled
from jaxrf.zoo.rows import Concat, Conv, Definition, Group, MaxPool


def _small(name: str, pooled: int, five: tuple[str, str]) -> Group:
    """1x1 beside 1x1-5x5 (scopes ``five``) beside 1x1-3x3-3x3 beside an average."""
    return mixed(
        name,
        (Conv("Conv2d_0a_1x1", 64, 1),),
        (Conv(five[0], 48, 1), Conv(five[1], 64, 5)),
        (
            Conv("Conv2d_0a_1x1", 64, 1),
            Conv("Conv2d_0b_3x3", 96),
            Conv("Conv2d_0c_3x3", 96),
        ),
        averaged(pooled),
    )


def _long(name: str, inner: int) -> Group:
    """1x1 beside a 7x7 and two 7x7, factorised, beside an average."""
    return mixed(
        name,
        (Conv("Conv2d_0a_1x1", 192, 1),),
        (
            Conv("Conv2d_0a_1x1", inner, 1),
            Conv("Conv2d_0b_1x7", inner, (1, 7)),
            Conv("Conv2d_0c_7x1", 192, (7, 1)),
        ),
        (
            Conv("Conv2d_0a_1x1", inner, 1),
            Conv("Conv2d_0b_7x1", inner, (7, 1)),
            Conv("Conv2d_0c_1x7", inner, (1, 7)),
            Conv("Conv2d_0d_7x1", inner, (7, 1)),
            Conv("Conv2d_0e_1x7", 192, (1, 7)),
        ),
        averaged(192),
    )


def _wide(name: str, column: str) -> Group:
    """1x1 beside two branches that end in a 1x3 beside a 3x1 (scope ``column``), and an average."""
    return mixed(
        name,
        (Conv("Conv2d_0a_1x1", 320, 1),),
        (
            Conv("Conv2d_0a_1x1", 384, 1),
            Concat((Conv("Conv2d_0b_1x3", 384, (1, 3)), Conv(column, 384, (3, 1)))),
        ),
        (
            Conv("Conv2d_0a_1x1", 448, 1),
            Conv("Conv2d_0b_3x3", 384),
            Concat((Conv("Conv2d_0c_1x3", 384, (1, 3)), Conv("Conv2d_0d_3x1", 384, (3, 1)))),
        ),
        averaged(192),
    )


NETWORKS = (
    Definition(
        name="inception_v3",
        scope="",
        style=STYLE,
        image=299,
        summary="Inception v3, factorised convolutions",
        paper="Szegedy et al. 2015, Rethinking the Inception architecture for computer vision, "
        "arXiv:1512.00567",
        rows=(
            Conv("Conv2d_1a_3x3", 32, 3, 2, "VALID"),
            Conv("Conv2d_2a_3x3", 32, 3, 1, "VALID"),
            Conv("Conv2d_2b_3x3", 64),
            MaxPool("MaxPool_3a_3x3", 3, 2, "VALID"),
            Conv("Conv2d_3b_1x1", 80, 1, 1, "VALID"),
            Conv("Conv2d_4a_3x3", 192, 3, 1, "VALID"),
            MaxPool("MaxPool_5a_3x3", 3, 2, "VALID"),
            _small("Mixed_5b", 32, ("Conv2d_0a_1x1", "Conv2d_0b_5x5")),
            _small("Mixed_5c", 64, ("Conv2d_0b_1x1", "Conv_1_0c_5x5")),
            _small("Mixed_5d", 64, ("Conv2d_0a_1x1", "Conv2d_0b_5x5")),
            mixed(
                "Mixed_6a",
                (Conv("Conv2d_1a_1x1", 384, 3, 2, "VALID"),),
                (
                    Conv("Conv2d_0a_1x1", 64, 1),
                    Conv("Conv2d_0b_3x3", 96),
                    Conv("Conv2d_1a_1x1", 96, 3, 2, "VALID"),
                ),
                subsampled(),
            ),
            _long("Mixed_6b", 128),
            _long("Mixed_6c", 160),
            _long("Mixed_6d", 160),
            _long("Mixed_6e", 192),
            mixed(
                "Mixed_7a",
                (Conv("Conv2d_0a_1x1", 192, 1), Conv("Conv2d_1a_3x3", 320, 3, 2, "VALID")),
                (
                    Conv("Conv2d_0a_1x1", 192, 1),
                    Conv("Conv2d_0b_1x7", 192, (1, 7)),
                    Conv("Conv2d_0c_7x1", 192, (7, 1)),
                    Conv("Conv2d_1a_3x3", 192, 3, 2, "VALID"),
                ),
                subsampled(),
            ),
            _wide("Mixed_7b", "Conv2d_0b_3x1"),
            _wide("Mixed_7c", "Conv2d_0c_3x1"),
        ),
    ),
)
