"""Networks for images after the article's, in Flax Linen: RegNet, U-Net, PatchGAN.

    jaxrf field experiments/_image_nets.py:patchgan --shape 1,256,256,6

Tables and coefficients are the papers'; widths are real, so that parameter counts are the published
ones (``tests/experiments/test_modern.py``). ``_signal_nets.py`` has those for signals.
"""

import flax.linen as nn
import jax.numpy as jnp
import numpy as np
from jax.ad_checkpoint import checkpoint_name

_HE = nn.initializers.he_normal()


class ConvNorm(nn.Module):
    """Convolution without bias, BatchNorm at inference, and an activation.

    Padding is that of the original PyTorch networks: (k - 1) / 2 on either side.
    """

    features: int
    kernel: int
    stride: int = 1
    groups: int = 1
    active: bool = True

    @nn.compact
    def __call__(self, x):
        pad = (self.kernel - 1) // 2
        x = nn.Conv(
            self.features,
            (self.kernel, self.kernel),
            strides=self.stride,
            padding=[(pad, pad)] * 2,
            feature_group_count=self.groups,
            use_bias=False,
            kernel_init=_HE,
            name="conv",
        )(x)
        x = nn.BatchNorm(use_running_average=True, name="norm")(x)
        return nn.relu(x) if self.active else x


class Gate(nn.Module):
    """Squeeze-and-excitation: every feature is scaled by what the whole image holds."""

    hidden: int

    @nn.compact
    def __call__(self, x):
        seen = x.mean((1, 2), keepdims=True)
        seen = nn.relu(nn.Conv(self.hidden, (1, 1), name="squeeze")(seen))
        return x * nn.sigmoid(nn.Conv(x.shape[-1], (1, 1), name="excite")(seen))


class RegNetBlock(nn.Module):
    """1x1, grouped 3x3 with the stride, gate (RegNetY), 1x1, shortcut."""

    width: int
    stride: int
    group: int
    gate: int

    @nn.compact
    def __call__(self, x):
        y = ConvNorm(self.width, 1, name="a")(x)
        y = ConvNorm(self.width, 3, self.stride, self.width // self.group, name="b")(y)
        if self.gate:
            y = Gate(self.gate, name="gate")(y)
        y = ConvNorm(self.width, 1, active=False, name="c")(y)
        if x.shape != y.shape:
            x = ConvNorm(self.width, 1, self.stride, active=False, name="skip")(x)
        return nn.relu(x + y)


def regnet_stages(w_0, w_a, w_m, depth, group):
    """(width, blocks) of every stage of a RegNet: eqs 2 to 4 of its paper, rounded to groups.

    Block j has the width w_0 + w_a j, quantised to w_0 w_m^s for a whole s, then to multiples of 8;
    blocks of equal width are a stage.

    >>> regnet_stages(24, 24.48, 2.54, 22, 16)
    [(32, 1), (64, 2), (160, 7), (384, 12)]
    """
    steps = np.round(np.log((w_0 + w_a * np.arange(depth)) / w_0) / np.log(w_m))
    widths = 8 * np.round(w_0 * w_m**steps / 8).astype(int)
    stages = zip(*np.unique(widths, return_counts=True), strict=True)
    return [(group * round(int(width) / group), int(blocks)) for width, blocks in stages]


class RegNet(nn.Module):
    """Radosavovic et al. 2020, *Designing Network Design Spaces*, with its classifier.

    Attributes:
        w_0: initial width.
        w_a: slope of the width.
        w_m: quotient of the widths of two stages.
        depth: blocks.
        group: channels of a group.
        gated: RegNetY, with squeeze-and-excitation to a quarter of the block's input.
    """

    w_0: int
    w_a: float
    w_m: float
    depth: int
    group: int
    gated: bool = False

    @nn.compact
    def __call__(self, x):
        """Images [N, H, W, 3] to 1000 scores."""
        x = checkpoint_name(ConvNorm(32, 3, 2, name="stem")(x), "stem")
        stages = regnet_stages(self.w_0, self.w_a, self.w_m, self.depth, self.group)
        for stage, (width, blocks) in enumerate(stages, 1):
            for n in range(blocks):
                gate = x.shape[-1] // 4 if self.gated else 0
                block = RegNetBlock(
                    width, 1 if n else 2, self.group, gate, name=f"s{stage}b{n + 1}"
                )
                x = block(x)
            x = checkpoint_name(x, f"stage{stage}")
        return nn.Dense(1000, name="head")(x.mean((1, 2)))


class UNet(nn.Module):
    """Ronneberger, Fischer and Brox 2015: four levels, up-convolutions, skips.

    Attributes:
        padding: "VALID" as in the paper, where 572 px give 388; "SAME" keeps the size, which must
            be a multiple of 16.
        width: channels of the first level.
    """

    padding: str = "VALID"
    width: int = 64

    @nn.compact
    def __call__(self, x):
        """Images [N, H, W, C] to two classes per pixel."""
        skips = []
        for level in range(4):
            skips.append(self.double(x, level, f"down{level + 1}"))
            x = nn.max_pool(skips[-1], (2, 2), (2, 2))
        x = self.double(x, 4, "bottom")
        for level, skip in reversed(list(enumerate(skips))):
            x = nn.ConvTranspose(
                self.width << level, (2, 2), strides=(2, 2), kernel_init=_HE, name=f"up{level + 1}"
            )(x)
            x = jnp.concatenate([_cropped(skip, x.shape), x], -1)
            x = self.double(x, level, f"merge{level + 1}")
        return checkpoint_name(nn.Conv(2, (1, 1), name="classes")(x), "classes")

    def double(self, x, level, name):
        """Two 3x3 convolutions with ReLU: an end-point."""
        for n in (1, 2):
            x = nn.Conv(
                self.width << level,
                (3, 3),
                padding=self.padding,
                kernel_init=_HE,
                name=f"{name}conv{n}",
            )(x)
            x = nn.relu(x)
        return checkpoint_name(x, name)


def _cropped(x, shape):
    """The middle of a feature map, as large as another one."""
    low, left = ((a - b) // 2 for a, b in zip(x.shape[1:3], shape[1:3], strict=True))
    return x[:, low : low + shape[1], left : left + shape[2]]


class PatchGAN(nn.Module):
    """The 70 px discriminator of Isola et al. 2017 (pix2pix): image and label, 4x4 windows."""

    @nn.compact
    def __call__(self, x):
        """Pairs [N, H, W, 6] to one score per patch."""
        for n, (features, stride) in enumerate(((64, 2), (128, 2), (256, 2), (512, 1)), 1):
            x = nn.Conv(
                features,
                (4, 4),
                strides=stride,
                padding=[(1, 1)] * 2,
                use_bias=n == 1,
                kernel_init=nn.initializers.normal(0.02),
                name=f"conv{n}",
            )(x)
            if n > 1:
                x = nn.BatchNorm(use_running_average=True, name=f"norm{n}")(x)
            x = checkpoint_name(nn.leaky_relu(x, 0.2), f"conv{n}")
        x = nn.Conv(
            1, (4, 4), padding=[(1, 1)] * 2, kernel_init=nn.initializers.normal(0.02), name="score"
        )(x)
        return checkpoint_name(x, "score")


regnetx_400mf = RegNet(24, 24.48, 2.54, 22, 16)
regnety_400mf = RegNet(48, 27.89, 2.09, 16, 8, gated=True)
unet_valid = UNet()
unet_same = UNet(padding="SAME")
patchgan = PatchGAN()
