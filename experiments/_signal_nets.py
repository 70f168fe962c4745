"""Networks for signals, in Flax Linen: WaveNet, TCN, the encoder of Demucs.

    jaxrf field experiments/_signal_nets.py:demucs_encoder --shape 1,16000,1

Signals are [N, time, channels]. Joins add what lies at one time but has seen different pasts, as in
every causal residual block: their operands end together, and jaxrf calls that causal.
"""

import flax.linen as nn
from jax.ad_checkpoint import checkpoint_name


class Causal(nn.Module):
    """A dilated convolution that sees the present and the past only."""

    features: int
    kernel: int
    dilation: int = 1

    @nn.compact
    def __call__(self, x):
        past = (self.kernel - 1) * self.dilation
        return nn.Conv(
            self.features,
            (self.kernel,),
            padding=[(past, 0)],
            kernel_dilation=self.dilation,
            kernel_init=nn.initializers.he_normal(),
            name="conv",
        )(x)


class WaveNet(nn.Module):
    """Van den Oord et al. 2016: gated dilated convolutions of two taps, residuals and skips.

    r = 2 + cycles (2^depth - 1) samples: one for the present, one for the first convolution.

    Attributes:
        cycles: times that the dilations 1, 2, ... 2^(depth - 1) are gone through.
        depth: dilations in a cycle.
        width: residual channels.
        skips: channels of the skips.
    """

    cycles: int = 3
    depth: int = 10
    width: int = 32
    skips: int = 256

    @nn.compact
    def __call__(self, x):
        """Signals to 256 scores per sample."""
        x = checkpoint_name(Causal(self.width, 2, name="first")(x), "first")
        total = 0.0
        for cycle in range(1, self.cycles + 1):
            for n in range(self.depth):
                name = f"c{cycle}d{1 << n}"
                both = Causal(2 * self.width, 2, 1 << n, name=name)(x)
                gated = nn.tanh(both[..., : self.width]) * nn.sigmoid(both[..., self.width :])
                total = total + nn.Dense(self.skips, name=f"{name}skip")(gated)
                x = x + nn.Dense(self.width, name=f"{name}residual")(gated)
            x = checkpoint_name(x, f"cycle{cycle}")
        total = nn.relu(nn.Dense(256, name="out1")(nn.relu(total)))
        return checkpoint_name(nn.Dense(256, name="out2")(total), "scores")


class TCN(nn.Module):
    """Bai, Kolter and Koltun 2018: residual blocks of two dilated causal convolutions.

    r = 1 + 2 (kernel - 1) (2^levels - 1) samples. The defaults are those of its sequential MNIST.
    """

    levels: int = 8
    kernel: int = 7
    width: int = 25

    @nn.compact
    def __call__(self, x):
        """Signals to ``width`` features per sample."""
        for level in range(self.levels):
            y = nn.relu(Causal(self.width, self.kernel, 1 << level, name=f"level{level}a")(x))
            y = nn.relu(Causal(self.width, self.kernel, 1 << level, name=f"level{level}b")(y))
            if x.shape[-1] != self.width:
                x = nn.Dense(self.width, name=f"level{level}skip")(x)
            x = checkpoint_name(nn.relu(x + y), f"level{level}")
        return x


class DemucsEncoder(nn.Module):
    """The encoder of the causal Demucs of Défossez, Synnaeve and Adi 2020 (denoising).

    Five times a convolution of 8 taps and stride 4 without padding and a gated 1x1 one:
    r = 2388, S = 1024. Samples are those of the network, which upsamples speech from 16 to 64 kHz
    before: 37.3 ms and a hop of 16 ms, 597 and 256 samples of the original.
    """

    depth: int = 5
    kernel: int = 8
    stride: int = 4
    width: int = 48

    @nn.compact
    def __call__(self, x):
        """Signals to the features between encoder and decoder."""
        he = nn.initializers.he_normal()
        for n in range(self.depth):
            features = self.width << n
            x = nn.Conv(
                features,
                (self.kernel,),
                strides=self.stride,
                padding="VALID",
                kernel_init=he,
                name=f"conv{n + 1}",
            )(x)
            x = nn.Conv(2 * features, (1,), kernel_init=he, name=f"mix{n + 1}")(nn.relu(x))
            x = checkpoint_name(nn.glu(x), f"encoder{n + 1}")
        return x


wavenet = WaveNet()
tcn = TCN()
demucs_encoder = DemucsEncoder()
