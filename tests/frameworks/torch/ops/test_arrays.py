"""ATen operations on any array, against torch: arithmetic, shapes, indices, reductions.

Covers: frameworks.torch.ops.elementwise, frameworks.torch.ops.indexing,
frameworks.torch.ops.joining, frameworks.torch.ops.constant_arrays, frameworks.torch.ops.pooling_indices,
frameworks.torch.ops.reductions, frameworks.torch.ops.registry, frameworks.torch.ops.scattering,
frameworks.torch.ops.shapes, frameworks.torch.ops.sorting.
"""

import pytest

torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402
from torch.nn import functional as F  # noqa: E402

from tests.helpers.torchcase import Family  # noqa: E402

FAMILIES = {
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
