"""ATen operations of layers, against torch: convolutions, norms, pooling, attention.

Covers: frameworks.torch.ops.activations, frameworks.torch.ops.adaptive,
frameworks.torch.ops.attention, frameworks.torch.ops.convolution, frameworks.torch.ops.linear,
frameworks.torch.ops.normalization, frameworks.torch.ops.padding, frameworks.torch.ops.pooling,
frameworks.torch.ops.quantization, frameworks.torch.ops.recurrent, frameworks.torch.ops.unfolding.
"""

import pytest

torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402
from torch.nn import functional as F  # noqa: E402

from tests.helpers.torchcase import Family  # noqa: E402

IMAGE = ((2, 4, 9, 11),)
SIGNAL = ((2, 4, 13),)
VOLUME = ((1, 4, 5, 6, 7),)

FAMILIES = {
    "convolution_1d": Family(
        SIGNAL,
        {
            "plain": nn.Conv1d(4, 6, 3),
            "same_even": nn.Conv1d(4, 6, 4, padding="same"),
            "valid": nn.Conv1d(4, 6, 4, padding="valid", stride=2),
            "dilated": nn.Conv1d(4, 6, 3, padding="same", dilation=3),
            "depthwise": nn.Conv1d(4, 8, 5, padding=2, groups=4, bias=False),
            "transposed": nn.ConvTranspose1d(4, 6, 4, stride=3, padding=1, output_padding=2),
            "reflecting": nn.Conv1d(4, 6, 5, padding=2, padding_mode="reflect"),
            "circular": nn.Conv1d(4, 6, 5, padding=2, padding_mode="circular"),
            "replicating": nn.Conv1d(4, 6, 5, padding=2, padding_mode="replicate"),
            "unbatched": lambda x: F.conv1d(x[0], x[:, :, :3]),
        },
    ),
    "convolution_2d": Family(
        IMAGE,
        {
            "plain": nn.Conv2d(4, 6, (3, 2), stride=(2, 1), padding=(1, 0)),
            "same": nn.Conv2d(4, 6, (4, 3), padding="same", dilation=(1, 2)),
            "grouped": nn.Conv2d(4, 6, 3, groups=2, padding=1),
            "transposed": nn.ConvTranspose2d(4, 6, 3, stride=2, padding=1, output_padding=1),
            "transposed_grouped": nn.ConvTranspose2d(4, 6, (3, 4), stride=(1, 3), groups=2),
            "transposed_dilated": nn.ConvTranspose2d(4, 2, 3, stride=2, dilation=2, bias=False),
            "weight_from_input": lambda x: F.conv2d(x, x[:1, :, :3, :3]),
        },
    ),
    "convolution_3d": Family(
        VOLUME,
        {
            "plain": nn.Conv3d(4, 6, 3, stride=(1, 2, 2), padding=1),
            "factorised": nn.Conv3d(4, 6, (1, 3, 3), padding=(0, 1, 1), groups=2),
            "transposed": nn.ConvTranspose3d(4, 2, 2, stride=2),
        },
    ),
    "normalisation": Family(
        IMAGE,
        {
            "batch": nn.BatchNorm2d(4),
            "batch_without_affine": nn.BatchNorm2d(4, affine=False),
            "batch_without_statistics": nn.BatchNorm2d(4, track_running_stats=False),
            "layer": nn.LayerNorm((9, 11)),
            "layer_without_bias": nn.LayerNorm(11, bias=False),
            "layer_without_affine": nn.LayerNorm((4, 9, 11), elementwise_affine=False),
            "group": nn.GroupNorm(2, 4),
            "instance": nn.InstanceNorm2d(4),
            "instance_affine": nn.InstanceNorm2d(4, affine=True),
            "instance_tracked": nn.InstanceNorm2d(4, track_running_stats=True),
            "rms": nn.RMSNorm(11),
            "local_response": nn.LocalResponseNorm(3),
            "unit": lambda x: F.normalize(x, dim=1),
            "norm_1": lambda x: torch.linalg.vector_norm(x, 1, dim=(2, 3)),
            "norm_inf": lambda x: torch.linalg.vector_norm(x, float("inf"), dim=1, keepdim=True),
            "norm_all": lambda x: torch.norm(x),
            "norm_3": lambda x: x.norm(p=3, dim=-1),
        },
    ),
    "normalisation_1d": Family(SIGNAL, {"batch": nn.BatchNorm1d(4), "group": nn.GroupNorm(4, 4)}),
    "normalisation_of_rows": Family(((5, 4),), {"batch": nn.BatchNorm1d(4)}),
    "pooling": Family(
        IMAGE,
        {
            "max": nn.MaxPool2d(3, 2, 1),
            "max_ceil": nn.MaxPool2d(2, 2, ceil_mode=True),
            "max_ceil_padded": nn.MaxPool2d(3, 2, 1, ceil_mode=True),
            "max_ceil_outside": nn.MaxPool2d((2, 3), (3, 4), (1, 1), ceil_mode=True),
            "max_dilated": nn.MaxPool2d((2, 3), 1, 1, dilation=(3, 2)),
            "max_places": nn.MaxPool2d(3, 2, 1, return_indices=True),
            "average": nn.AvgPool2d(3, 2, 1),
            "average_real": nn.AvgPool2d(3, 2, 1, count_include_pad=False),
            "average_ceil": nn.AvgPool2d((3, 4), (2, 3), (1, 2), ceil_mode=True),
            "average_ceil_real": nn.AvgPool2d(3, 3, 1, ceil_mode=True, count_include_pad=False),
            "average_divided": nn.AvgPool2d(2, divisor_override=3),
            "power": nn.LPPool2d(2, 3, stride=2),
            "unbatched": lambda x: F.max_pool2d(x[0], 2),
            "max_1d": lambda x: F.max_pool1d(x[0], 3, 2, 1),
            "average_1d": lambda x: F.avg_pool1d(x[0], 3, 2, 1),
        },
    ),
    "pooling_3d": Family(
        VOLUME,
        {
            "max": nn.MaxPool3d((1, 2, 3), (1, 2, 2), (0, 1, 1)),
            "max_places": nn.MaxPool3d(2, return_indices=True),
            "average": nn.AvgPool3d(2, ceil_mode=True),
            "adaptive": nn.AdaptiveAvgPool3d((2, 3, None)),
            "adaptive_max": nn.AdaptiveMaxPool3d((2, 3, 1)),
        },
    ),
    "adaptive": Family(
        IMAGE,
        {
            "one": nn.AdaptiveAvgPool2d(1),
            "uneven": nn.AdaptiveAvgPool2d((4, 5)),
            "divided": nn.AdaptiveAvgPool2d((3, 11)),
            "larger": nn.AdaptiveAvgPool2d((12, 13)),
            "max": nn.AdaptiveMaxPool2d((4, 5)),
            "max_one": nn.AdaptiveMaxPool2d((1, 3)),
            "max_places": nn.AdaptiveMaxPool2d((4, 5), return_indices=True),
            "line": lambda x: F.adaptive_avg_pool1d(x[0], 3),
            "line_max": lambda x: F.adaptive_max_pool1d(x[0], 4),
        },
    ),
    "activations": Family(
        IMAGE,
        {
            **{
                name: getattr(nn, name)()
                for name in (
                    *("ReLU", "ReLU6", "Sigmoid", "SiLU", "Mish", "Hardswish", "Hardsigmoid"),
                    *("SELU", "LogSigmoid", "LeakyReLU", "RReLU", "CELU", "GELU", "Hardshrink"),
                    *("Softshrink", "ELU", "Softplus", "PReLU", "Tanh", "Hardtanh", "Tanhshrink"),
                    *("Softsign", "Softmax2d", "Identity", "Dropout", "Dropout2d"),
                )
            },
            "gelu_tanh": nn.GELU(approximate="tanh"),
            "leaky": nn.LeakyReLU(0.3),
            "elu": nn.ELU(0.4),
            "celu": nn.CELU(0.4),
            "softplus": nn.Softplus(3.0, 1.0),
            "hardtanh": nn.Hardtanh(-0.3, 0.7),
            "prelu_channels": nn.PReLU(4),
            "threshold": nn.Threshold(0.2, -3.0),
            "glu": nn.GLU(1),
            "softmax": nn.Softmax(1),
            "log_softmax": nn.LogSoftmax(-1),
            "softmin": nn.Softmin(2),
            "in_place": lambda x: F.relu_(x.clone()) + x.clone().sigmoid_(),
        },
    ),
    "attention": Family(
        ((2, 2, 5, 4), (2, 2, 7, 4)),
        {
            "plain": lambda q, k: F.scaled_dot_product_attention(q, k, k),
            "scaled": lambda q, k: F.scaled_dot_product_attention(q, k, k, scale=0.3),
            "causal": lambda q, k: F.scaled_dot_product_attention(q, q, q, is_causal=True),
            "mask": lambda q, k: F.scaled_dot_product_attention(
                q, k, k, attn_mask=torch.ones(5, 7, dtype=torch.bool).tril(2)
            ),
            "bias": lambda q, k: F.scaled_dot_product_attention(
                q, k, k, attn_mask=torch.linspace(0, 1, 7).view(1, 7)
            ),
            "grouped": lambda q, k: F.scaled_dot_product_attention(
                q, k[:, :1], k[:, :1], enable_gqa=True
            ),
        },
    ),
    "transformers": Family(
        ((2, 5, 8),),
        {
            "encoder": nn.TransformerEncoderLayer(8, 2, 16, batch_first=True),
            "encoder_first": nn.TransformerEncoderLayer(8, 2, 16, norm_first=True),
            "bilinear": lambda x: F.bilinear(
                x, x, torch.stack([x[0, :1].T * x[0, 1], x[1, :1].T * x[0, 2]])
            ),
        },
    ),
    "recurrent": Family(
        ((2, 5, 4),),
        {
            "lstm": nn.LSTM(4, 3, batch_first=True),
            "lstm_deep": nn.LSTM(4, 3, num_layers=2, bidirectional=True),
            "lstm_projected": nn.LSTM(4, 5, proj_size=3, batch_first=True),
            "gru": nn.GRU(4, 3, num_layers=2, batch_first=True, bias=False),
            "gru_both": nn.GRU(4, 3, bidirectional=True),
            "plain": nn.RNN(4, 3),
            "plain_relu": nn.RNN(4, 3, nonlinearity="relu", batch_first=True),
        },
    ),
}


@pytest.mark.parametrize(
    ("family", "case"), [(f, c) for f, family in FAMILIES.items() for c in family.cases]
)
def test_operation(family, case):
    FAMILIES[family].check(case)
