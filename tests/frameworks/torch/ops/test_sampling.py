"""ATen operations that resample, transform or round, against torch.

Covers: frameworks.torch.ops.complexes, frameworks.torch.ops.fourier, frameworks.torch.ops.resize.
"""

import pytest

torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402
from torch.nn import functional as F  # noqa: E402

from tests.helpers.torchcase import Family  # noqa: E402

FAMILIES = {
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


@pytest.mark.parametrize(
    ("family", "case"), [(f, c) for f, family in FAMILIES.items() for c in family.cases]
)
def test_operation(family, case):
    FAMILIES[family].check(case)
