"""Every ATen operation that jaxrf knows, against torch."""

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
    "elementwise": Family(
        ((3, 4), (3, 4)),
        {
            "add": lambda x, y: torch.add(x, y, alpha=3),
            "sub": lambda x, y: torch.sub(x, y, alpha=0.5),
            "rsub": lambda x, y: 1 - x,
            "mul": lambda x, y: x * y * 2,
            "div": lambda x, y: x / y,
            "div_floor": lambda x, y: torch.div(x, y, rounding_mode="floor"),
            "div_trunc": lambda x, y: torch.div(x, y, rounding_mode="trunc"),
            "floor_divide": lambda x, y: x // y,
            "remainder": lambda x, y: x % y,
            "remainder_2": lambda x, y: torch.remainder(x, 0.7),
            "fmod": torch.fmod,
            "pow": lambda x, y: x.abs() ** y,
            "pow_2": lambda x, y: x**2,
            "pow_scalar": lambda x, y: 2**x,
            "sqrt": lambda x, y: x.abs().sqrt(),
            "rsqrt": lambda x, y: x.abs().rsqrt(),
            "exp": lambda x, y: x.exp(),
            "expm1": lambda x, y: torch.expm1(x),
            "log": lambda x, y: x.abs().log() + x.abs().log1p() + x.abs().log2(),
            "trigonometry": lambda x, y: x.sin() + y.cos() + x.atan() + torch.atan2(x, y),
            "hyperbolic": lambda x, y: x.sinh() + y.cosh() + x.asinh(),
            "erf": lambda x, y: torch.erf(x) + torch.erfc(y),
            "abs_neg_sign": lambda x, y: -x.abs() + x.sign(),
            "round": lambda x, y: x.round() + x.floor() + x.ceil() + x.trunc() + x.frac(),
            "reciprocal": lambda x, y: x.reciprocal(),
            "maximum": lambda x, y: torch.maximum(x, y) + torch.max(y, x) - torch.minimum(x, y),
            "clamp": lambda x, y: x.clamp(-0.5, 0.5) + x.clamp(min=0.1) + x.clamp(max=0.2),
            "clamp_tensor": lambda x, y: torch.clamp(x, min=y),
            "clamp_bounds": lambda x, y: x.clamp_min(0.1) + x.clamp_max(0.2),
            "addcmul": lambda x, y: torch.addcmul(x, x, y, value=0.5),
            "addcdiv": lambda x, y: torch.addcdiv(x, x, y, value=0.5),
            "lerp": lambda x, y: torch.lerp(x, y, 0.3) + x.lerp(y, y),
            "where": lambda x, y: torch.where(x > y, x, 0.0),
            "masked_fill": lambda x, y: x.masked_fill(y > 0, 7.0),
            "compare": lambda x, y: (x > y, x >= 0, x < y, x <= 0, x == y, x != y),
            "logic": lambda x, y: (
                (x > 0) & (y > 0),
                (x > 0) | (y > 0),
                ~(x > 0),
                (x > 0) ^ (y > 0),
            ),
            "logical": lambda x, y: (torch.logical_and(x, y), torch.logical_not(x > 0)),
            "casts": lambda x, y: (x.int(), x.long() + 1, x.bool(), x.half().float(), x.double()),
            "int_mean": lambda x, y: (x * 9).int() / 2,
            "type_as": lambda x, y: x.int().type_as(y),
            "float_of_bool": lambda x, y: (x > 0).float() * y,
            "nan_to_num": lambda x, y: torch.nan_to_num(x / 0.0, posinf=1.0, neginf=-1.0),
            "full_like": lambda x, y: torch.full_like(x, 3.0) + torch.zeros_like(x) + x.new_ones(4),
            "arange": lambda x, y: x * torch.arange(4) + torch.linspace(0, 1, 4),
            "detach": lambda x, y: x.detach().clone().contiguous(),
            "fill_copy": lambda x, y: x.clone().fill_(2.0) + x.clone().copy_(y),
            "logit": lambda x, y: torch.logit(x.sigmoid(), eps=0.01),
        },
    ),
    "products": Family(
        ((2, 3, 4), (2, 4, 5)),
        {
            "linear": lambda x, y: F.linear(x, y[0].T),
            "bmm": torch.bmm,
            "matmul": lambda x, y: x @ y,
            "matmul_broadcast": lambda x, y: x[:, None] @ y[None],
            "mm": lambda x, y: torch.mm(x[0], y[0]),
            "mv": lambda x, y: torch.mv(x[0], y[0, :, 0]),
            "dot": lambda x, y: torch.dot(x[0, 0], y[0, :, 0]),
            "outer": lambda x, y: torch.outer(x[0, 0], y[0, 0]),
            "addmm": lambda x, y: torch.addmm(y[0, 0], x[0], y[0], beta=0.5, alpha=2),
            "baddbmm": lambda x, y: torch.baddbmm(y[:, :1], x, y),
            "einsum": lambda x, y: torch.einsum("bij,bjk->bki", x, y),
            "einsum_dots": lambda x, y: torch.einsum("...ij,...jk->...k", x, y),
            "tensordot": lambda x, y: torch.tensordot(x, y, ([0, 2], [0, 1])),
            "kron": lambda x, y: torch.kron(x[0], y[0]),
        },
    ),
    "shapes": Family(
        ((2, 4, 6, 8),),
        {
            "view": lambda x: x.view(2, -1),
            "reshape": lambda x: x.permute(0, 2, 3, 1).reshape(2, 48, 4),
            "flatten": lambda x: x.flatten(1, 2),
            "unflatten": lambda x: x.unflatten(1, (2, -1)),
            "transpose": lambda x: x.transpose(1, -1),
            "transposes": lambda x: x[0, 0].t() + x[0, 0].mT,
            "permute": lambda x: x.permute(0, -1, 1, 2),
            "movedim": lambda x: x.movedim(1, -1),
            "squeeze": lambda x: x[:1].squeeze(0).unsqueeze(-1).squeeze(-1),
            "squeeze_all": lambda x: x[:1, :1].squeeze(),
            "expand": lambda x: x[:, :1].expand(-1, 3, -1, -1),
            "expand_as": lambda x: x[:1].expand_as(x),
            "repeat": lambda x: x[0, 0].repeat(2, 1, 3),
            "repeat_interleave": lambda x: x.repeat_interleave(3, dim=2),
            "tile": lambda x: x.tile(2, 1),
            "flip": lambda x: x.flip(2, 3),
            "roll": lambda x: torch.roll(x, (-2, 3), (2, 3)),
            "roll_flat": lambda x: torch.roll(x, 5),
            "rot90": lambda x: torch.rot90(x, 1, (2, 3)),
            "pixel_shuffle": nn.PixelShuffle(2),
            "pixel_unshuffle": nn.PixelUnshuffle(2),
            "channel_shuffle": nn.ChannelShuffle(2),
            "cat": lambda x: torch.cat([x, x[:, :1]], 1),
            "stack": lambda x: torch.stack([x, x + 1], 2),
            "split": lambda x: x.split(4, 2),
            "split_sizes": lambda x: x.split([1, 5], 2),
            "chunk": lambda x: x.chunk(3, 3),
            "tensor_split": lambda x: torch.tensor_split(x, 3, 3),
            "unbind": lambda x: x.unbind(1),
            "meshgrid": lambda x: torch.meshgrid(x[0, 0, 0], x[0, 0, :, 0], indexing="ij"),
            "view_dtype": lambda x: x.view(torch.int32),
        },
    ),
    "indexing": Family(
        ((2, 4, 6, 8),),
        {
            "slices": lambda x: x[:, 1:, ::2, -3:],
            "select": lambda x: x[:, -1, 2],
            "narrow": lambda x: x.narrow(3, 2, 4),
            "index": lambda x: x[:, [0, -1, 2]],
            "index_two": lambda x: x[:, :, torch.tensor([[0], [2]]), torch.tensor([1, 3])],
            "index_apart": lambda x: x[[0, 1], :, [2, 3]],
            "index_computed": lambda x: x[:, (x[0, :2, 0, 0] > 0).long()],
            "index_select": lambda x: x.index_select(2, torch.tensor([5, 0, 0])),
            "gather": lambda x: x.gather(3, torch.arange(4).view(1, 1, 1, 4).expand(2, 3, 6, 4)),
            "gather_computed": lambda x: x.gather(1, x.argmax(1, keepdim=True)),
            "take": lambda x: x.take(torch.tensor([0, 5, -1])),
            "take_along_dim": lambda x: torch.take_along_dim(x, x.argsort(-1), -1),
            "embedding": lambda x: F.embedding((x[0, 0] > 0).long(), x[0, 0]),
            "diagonal": lambda x: x.diagonal(1, 2, 3),
            "triangles": lambda x: x.tril(1) + x.triu(-1),
            "set_slice": lambda x: _set(x, (slice(None), slice(None), slice(1, 3)), 0.0),
            "set_steps": lambda x: _set(x, (..., slice(0, None, 3)), x[..., :3]),
            "set_select": lambda x: _set(x, (slice(None), 2), x[:, 0]),
            "set_index": lambda x: _set(x, (slice(None), torch.tensor([0, 2])), 5.0),
            "set_mask": lambda x: _set(x, x > 0, 5.0),
            "index_put_add": lambda x: x.index_put((torch.tensor([0, 0]),), x[:2], accumulate=True),
            "index_add": lambda x: x.index_add(1, torch.tensor([0, 3]), x[:, :2], alpha=2),
            "index_copy": lambda x: x.index_copy(1, torch.tensor([0, 3]), x[:, :2]),
            "index_fill": lambda x: x.index_fill(1, torch.tensor([0, 3]), 2.0),
            "scatter": lambda x: x.scatter(1, x.argmax(1, keepdim=True), 9.0),
            "scatter_source": lambda x: x.scatter(1, x.argmax(1, keepdim=True), x + 1),
            "scatter_add": lambda x: x.scatter_add(1, x.argmax(1, keepdim=True), x),
            "unfold": lambda x: x.unfold(2, 3, 2).unfold(3, 2, 3),
            "im2col": nn.Unfold((3, 2), dilation=2, padding=1, stride=(2, 1)),
            "col2im": lambda x: F.fold(x.view(2, 12, 16), (5, 5), 2, padding=0)[:, :, :4],
            "fold_padded": lambda x: F.fold(x.view(2, 24, 8)[:, :18, :6], (3, 5), 3, 1, 1, (2, 2)),
        },
    ),
    "padding": Family(
        ((2, 3, 5, 6),),
        {
            "zero": lambda x: F.pad(x, (1, 2, 0, 3)),
            "value": lambda x: F.pad(x, (1, 2), value=2.5),
            "negative": lambda x: F.pad(x, (-1, 2, 1, -2)),
            "reflect": lambda x: F.pad(x, (1, 2, 0, 3), mode="reflect"),
            "replicate": lambda x: F.pad(x, (1, 2, 0, 3), mode="replicate"),
            "circular": lambda x: F.pad(x, (1, 2, 0, 3), mode="circular"),
            "module": nn.ReflectionPad2d(2),
            "volume": lambda x: F.pad(x, (1, 1, 1, 0, 0, 1), mode="replicate"),
        },
    ),
    "resizing": Family(
        ((2, 3, 5, 6),),
        {
            **{
                f"{mode}_{label}{'_aligned' * align}": (
                    lambda x, m=mode, how=how, a=align: F.interpolate(
                        x, mode=m, **how, **({} if "nearest" in m else {"align_corners": a})
                    )
                )
                for mode in ("nearest", "nearest-exact", "bilinear", "bicubic")
                for label, how in {
                    "twice": {"scale_factor": 2},
                    "fraction": {"scale_factor": (1.7, 2.3)},
                    "down": {"size": (3, 4)},
                    "up": {"size": (11, 7)},
                }.items()
                for align in ((False,) if "nearest" in mode else (False, True))
            },
            "recomputed": lambda x: F.interpolate(
                x, scale_factor=1.7, mode="bilinear", recompute_scale_factor=True
            ),
            "antialiased": lambda x: F.interpolate(x, (3, 2), mode="bilinear", antialias=True),
            "antialiased_up": lambda x: F.interpolate(x, (9, 8), mode="bilinear", antialias=True),
            "antialiased_cubic": lambda x: F.interpolate(x, (2, 4), mode="bicubic", antialias=True),
            "line": lambda x: F.interpolate(x[0], 9, mode="linear"),
            "line_nearest": lambda x: F.interpolate(x[0], scale_factor=3),
            "volume": lambda x: F.interpolate(x[None], scale_factor=2, mode="trilinear"),
            "volume_nearest": lambda x: F.interpolate(x[None], (3, 7, 12)),
            "area": lambda x: F.interpolate(x, (2, 4), mode="area"),
            "module": nn.UpsamplingBilinear2d(scale_factor=2),
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
    "reductions": Family(
        ((2, 4, 6, 8),),
        {
            "sum": lambda x: (x.sum(), x.sum(1), x.sum((2, 3), keepdim=True)),
            "mean": lambda x: (x.mean(), x.mean(-1, keepdim=True), x.mean([2, 3])),
            "sum_of_bool": lambda x: (x > 0).sum(1),
            "prod": lambda x: (x[0, 0, 0].prod(), x.prod(1)),
            "extremes": lambda x: (x.amax((2, 3)), x.amin(1, keepdim=True), x.max(), x.min()),
            "max": lambda x: tuple(x.max(1)) + tuple(x.min(-1, keepdim=True)),
            "aminmax": lambda x: tuple(torch.aminmax(x, dim=1)),
            "arguments": lambda x: (x.argmax(), x.argmax(1), x.argmin(-1, keepdim=True)),
            "any": lambda x: ((x > 2).any(), (x > 0).all(1), (x > 0).any(-1, keepdim=True)),
            "var": lambda x: (x.var(), x.var(1), x.var((2, 3), unbiased=False, keepdim=True)),
            "std": lambda x: (x.std(), x.std(1), torch.std(x, (2, 3), correction=0)),
            "var_mean": lambda x: torch.var_mean(x, (2, 3)) + torch.std_mean(x, 1),
            "logsumexp": lambda x: x.logsumexp((2, 3)),
            "cumulative": lambda x: (x.cumsum(2), x.cumprod(-1), torch.logcumsumexp(x, 1)),
            "so_far": lambda x: tuple(x.cummax(2)) + tuple(x.cummin(1)),
            "sort": lambda x: tuple(x.sort(2)) + tuple(x.sort(1, descending=True)),
            "sort_stable": lambda x: tuple(torch.sort(x, stable=True)),
            "argsort": lambda x: x.argsort(1, descending=True),
            "topk": lambda x: tuple(x.topk(3, 1)) + tuple(x.topk(2, -1, largest=False)),
            "median": lambda x: tuple(x.median(2)),
        },
    ),
}


def _spectra(x, **options):
    return torch.stft(x.reshape(-1, 64), 16, **{"hop_length": 4, "return_complex": True, **options})


def _signal(spectra, **options):
    return torch.istft(spectra, 16, 4, **options)


WINDOW = torch.hann_window(12)

FAMILIES["fourier"] = Family(
    ((2, 3, 64),),
    {
        "stft": lambda x: torch.view_as_real(_spectra(x)),
        "stft_window": lambda x: torch.view_as_real(_spectra(x, win_length=12, window=WINDOW)),
        "stft_short": lambda x: torch.view_as_real(_spectra(x, win_length=12)),
        "stft_both_sides": lambda x: torch.view_as_real(
            _spectra(x, normalized=True, center=False, onesided=False)
        ),
        "stft_padded": lambda x: _spectra(x, hop_length=5, pad_mode="constant").abs(),
        "istft": lambda x: _signal(
            _spectra(x, win_length=12, window=WINDOW), win_length=12, window=WINDOW
        ),
        "istft_shorter": lambda x: _signal(_spectra(x), length=60),
        "istft_longer": lambda x: _signal(_spectra(x, normalized=True), length=70, normalized=True),
        "istft_both_sides": lambda x: _signal(
            _spectra(x, onesided=False), onesided=False, window=torch.hamming_window(16)
        ),
        "fft": lambda x: torch.fft.ifft(torch.fft.fft(x, n=70), dim=1).imag,
        "rfft": lambda x: torch.fft.irfft(torch.fft.rfft(x, norm="ortho") * 2, n=63, norm="ortho"),
        "hfft": lambda x: torch.fft.hfft(torch.fft.ihfft(x)),
        "fft2": lambda x: torch.fft.fftshift(torch.fft.fft2(x)).abs(),
        "rfft2": lambda x: torch.fft.irfft2(torch.fft.rfft2(x, norm="forward"), s=(3, 64)),
        "fftn": lambda x: torch.fft.ifftn(torch.fft.fftn(x, s=(5,)), dim=(0, 2)).real,
        "rfftn": lambda x: torch.fft.irfftn(torch.fft.rfftn(x, dim=(0, 2)), dim=(0, 2)),
        "ifftshift": lambda x: torch.fft.ifftshift(torch.fft.rfftn(x), dim=1).abs(),
        "decomposed": lambda x: torch.ops.aten._fft_c2r(
            torch.ops.aten._fft_r2c(x, [1, 2], 1, True), [1, 2], 2, 64
        ),
        "decomposed_complex": lambda x: torch.ops.aten._fft_c2c(
            torch.ops.aten._fft_c2c(torch.complex(x, -x), [2], 0, False), [1, 2], 1, True
        ).abs(),
    },
)
FAMILIES["complex"] = Family(
    ((2, 3, 8),),
    {
        "view": lambda x: torch.view_as_complex(torch.stack([x, x + 1], -1)).angle(),
        "polar": lambda x: torch.polar(x.abs(), x).imag,
        "conj": lambda x: (torch.complex(x, 2 * x) * torch.complex(x, x + 1).conj()).imag,
        "sgn": lambda x: torch.complex(x, x * 2).sgn().real,
    },
)


def _sampled(grid, mode, padding, align):
    return lambda x: F.grid_sample(x, grid.expand(2, -1, -1, -1), mode, padding, align)


def _affine(*rows, shape=(1, 1, 7, 6)):
    return F.affine_grid(torch.tensor([rows]), list(shape), align_corners=False)


GRIDS = {
    "scaled": _affine([0.7, 0.0, 0.1], [0.0, 1.3, -0.2]),
    "turned": _affine([0.8, 0.6, 0.0], [-0.6, 0.8, 0.4]),
    "random": torch.randn(2, 5, 4, 2, generator=torch.Generator().manual_seed(1)) * 0.9,
}
FAMILIES["sampling"] = Family(
    ((2, 3, 8, 9),),
    {
        f"{name}_{mode}_{padding}_{align}": _sampled(grid, mode, padding, align)
        for name, grid in GRIDS.items()
        for mode in ("bilinear", "nearest", "bicubic")
        for padding in ("zeros", "border", "reflection")
        for align in (False, True)
    },
)


def _unpooled(rank, size, output, **options):
    pool, back = getattr(F, f"max_pool{rank}d"), getattr(F, f"max_unpool{rank}d")

    def case(x):
        values, places = pool(x, size, return_indices=True, **options)
        return back(values, places, size, output_size=output)

    return case


FAMILIES["unpooling"] = Family(
    ((2, 3, 8, 9),),
    {
        "plain": _unpooled(2, 2, (8, 9)),
        "oblong": _unpooled(2, (3, 2), (8, 9)),
        "ceil": _unpooled(2, 4, (8, 9), ceil_mode=True),
        "rows": lambda x: _unpooled(1, 4, (9,))(x.flatten(1, 2)),
    },
)
FAMILIES["volumes_at_places"] = Family(
    ((1, 2, 4, 5, 6),),
    {
        "sampled": lambda x: F.grid_sample(
            x,
            _affine([0.7, 0.1, 0, 0.1], [0, 1.2, 0.3, 0], [0, 0, 0.5, 0.2], shape=(1, 1, 3, 4, 5)),
            align_corners=False,
        ),
        "unpooled": _unpooled(3, 2, (4, 5, 6)),
    },
)
FAMILIES["quantisation"] = Family(
    ((2, 3, 8, 9),),
    {
        "tensor": lambda x: torch.fake_quantize_per_tensor_affine(x, 0.1, 3, -10, 10),
        "channel": lambda x: torch.fake_quantize_per_channel_affine(
            x, torch.tensor([0.1, 0.2, 0.3]), torch.arange(3, dtype=torch.int32), 1, -5, 5
        ),
    },
)


def _set(x, where, value):
    """Assignment to a part, on a copy."""
    y = x.clone()
    y[where] = value
    return y


@pytest.mark.parametrize(
    ("family", "case"), [(f, c) for f, family in FAMILIES.items() for c in family.cases]
)
def test_operation(family, case):
    FAMILIES[family].check(case)
