"""Inception-ResNet v2: Inception modules as residual branches, scaled down before the addition.

The stem and the two reductions are VALID, or SAME in the variant "same" (TF-Slim's
``align_feature_maps=True``), of which the branches are then aligned at every size. Blocks are no
end-points of their own; the twenty in the middle end at "PreAuxLogits".

Initial weights. The scale of a block (0.17, 0.10, 0.20) is part of the architecture and keeps its
branch small beside the shortcut; with a gain of 1 in the linear 1x1 that ends it, a branch has the
share scale^2 of the stream, which grows 1.8 times over all blocks.
"""

from jaxrf.zoo.inception import STYLE, averaged, beside, mixed, subsampled
from jaxrf.zoo.rows import Concat, Conv, Definition, Group, MaxPool, Padding, Residual

# Channels of the stream, part by part: a reduction keeps its input's beside those it makes.
_DEPTH_35 = (96, 64, 96, 64)
_DEPTH_17 = (384, 384, *_DEPTH_35)
_DEPTH_8 = (384, 288, 320, *_DEPTH_17)


def _block(
    name: str, branches: Concat, depth: tuple[int, ...], scale: float, linear: bool = False
) -> Residual:
    """A shortcut beside scale * (a linear 1x1 of branches), activated unless ``linear``."""
    up = Conv("Conv2d_1x1", depth, 1, then="bias", linear=True, gain=1.0, endpoint=False)
    return Residual(name, (branches, up), scale=scale, linear=linear, endpoint=False)


_35 = beside(
    (Conv("Conv2d_1x1", 32, 1),),
    (Conv("Conv2d_0a_1x1", 32, 1), Conv("Conv2d_0b_3x3", 32)),
    (Conv("Conv2d_0a_1x1", 32, 1), Conv("Conv2d_0b_3x3", 48), Conv("Conv2d_0c_3x3", 64)),
)
_17 = beside(
    (Conv("Conv2d_1x1", 192, 1),),
    (
        Conv("Conv2d_0a_1x1", 128, 1),
        Conv("Conv2d_0b_1x7", 160, (1, 7)),
        Conv("Conv2d_0c_7x1", 192, (7, 1)),
    ),
)
_8 = beside(
    (Conv("Conv2d_1x1", 192, 1),),
    (
        Conv("Conv2d_0a_1x1", 192, 1),
        Conv("Conv2d_0b_1x3", 224, (1, 3)),
        Conv("Conv2d_0c_3x1", 256, (3, 1)),
    ),
)


def _inception_resnet(name: str, padding: Padding, summary: str) -> Definition:
    """The network with this padding in its stem and its reductions."""
    return Definition(
        name=name,
        scope="",
        style=STYLE,
        image=299,
        summary=summary,
        paper="Szegedy et al. 2016, Inception-v4, Inception-ResNet and the impact of residual "
        "connections on learning, arXiv:1602.07261",
        rows=(
            Conv("Conv2d_1a_3x3", 32, 3, 2, padding),
            Conv("Conv2d_2a_3x3", 32, 3, 1, padding),
            Conv("Conv2d_2b_3x3", 64),
            MaxPool("MaxPool_3a_3x3", 3, 2, padding),
            Conv("Conv2d_3b_1x1", 80, 1, 1, padding),
            Conv("Conv2d_4a_3x3", 192, 3, 1, padding),
            MaxPool("MaxPool_5a_3x3", 3, 2, padding),
            mixed(
                "Mixed_5b",
                (Conv("Conv2d_1x1", 96, 1),),
                (Conv("Conv2d_0a_1x1", 48, 1), Conv("Conv2d_0b_5x5", 64, 5)),
                (
                    Conv("Conv2d_0a_1x1", 64, 1),
                    Conv("Conv2d_0b_3x3", 96),
                    Conv("Conv2d_0c_3x3", 96),
                ),
                averaged(64),
            ),
            Group(
                "Repeat",
                tuple(_block(f"block35_{i}", _35, _DEPTH_35, 0.17) for i in range(1, 11)),
            ),
            mixed(
                "Mixed_6a",
                (Conv("Conv2d_1a_3x3", 384, 3, 2, padding),),
                (
                    Conv("Conv2d_0a_1x1", 256, 1),
                    Conv("Conv2d_0b_3x3", 256),
                    Conv("Conv2d_1a_3x3", 384, 3, 2, padding),
                ),
                subsampled(padding),
            ),
            Group(
                "Repeat_1",
                tuple(_block(f"block17_{i}", _17, _DEPTH_17, 0.10) for i in range(1, 21)),
                endpoint="PreAuxLogits",
            ),
            mixed(
                "Mixed_7a",
                (Conv("Conv2d_0a_1x1", 256, 1), Conv("Conv2d_1a_3x3", 384, 3, 2, padding)),
                (Conv("Conv2d_0a_1x1", 256, 1), Conv("Conv2d_1a_3x3", 288, 3, 2, padding)),
                (
                    Conv("Conv2d_0a_1x1", 256, 1),
                    Conv("Conv2d_0b_3x3", 288),
                    Conv("Conv2d_1a_3x3", 320, 3, 2, padding),
                ),
                subsampled(padding),
            ),
            Group(
                "Repeat_2",
                tuple(_block(f"block8_{i}", _8, _DEPTH_8, 0.20) for i in range(1, 10)),
            ),
            _block("Block8", _8, _DEPTH_8, 1.0, linear=True),
            Conv("Conv2d_7b_1x1", 1536, 1),
        ),
    )


NETWORKS = (
    _inception_resnet(
        "inception_resnet_v2", "VALID", "Inception-ResNet v2, VALID where the resolution halves"
    ),
    _inception_resnet("inception_resnet_v2-same", "SAME", "Inception-ResNet v2, SAME everywhere"),
)
