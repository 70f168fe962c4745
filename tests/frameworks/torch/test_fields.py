"""Fields of PyTorch networks whose operations were once taken for everything, and of norms."""

import pytest

torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402
from torch.nn import functional as F  # noqa: E402

import jaxrf  # noqa: E402


class Denoiser(nn.Module):
    """A mask over short spectra: frames of 16 every 4 samples, three frames per mask."""

    def __init__(self):
        super().__init__()
        self.register_buffer("window", torch.hamming_window(16))
        self.mask = nn.Conv1d(9, 9, 3, padding=1)

    def forward(self, x):
        spectra = torch.stft(x[:, 0], 16, 4, window=self.window, return_complex=True)
        spectra = spectra * torch.sigmoid(self.mask(spectra.abs()))
        return torch.istft(spectra, 16, 4, window=self.window)[:, None]


class Convolved(nn.Module):
    """A kernel of five taps, applied in the frequency domain."""

    def __init__(self):
        super().__init__()
        self.kernel = nn.Parameter(torch.randn(5))

    def forward(self, x):
        kernel = torch.fft.rfft(self.kernel, n=96)
        return torch.fft.irfft(torch.fft.rfft(x, n=96) * kernel, n=96)[..., :80]


class Sampled(nn.Module):
    """3x3, then half the resolution by bilinear sampling between pixels; the grid is stored."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 2, 3, padding=1)
        grid = F.affine_grid(torch.eye(2, 3)[None], [1, 1, 8, 8], align_corners=False)
        self.register_buffer("grid", grid)

    def forward(self, x):
        return F.grid_sample(self.conv(x), self.grid, align_corners=False)


class Segmenter(nn.Module):
    """Max-pooling, 3x3, and back to where the maxima were: a SegNet of one level."""

    def __init__(self):
        super().__init__()
        self.first, self.second = nn.Conv2d(3, 4, 3, padding=1), nn.Conv2d(4, 4, 3, padding=1)

    def forward(self, x):
        y, places = F.max_pool2d(self.first(x), 2, return_indices=True)
        return F.max_unpool2d(self.second(y), places, 2)


class Noisy(nn.Module):
    """Noise between two 3x3, and zeros among it."""

    def __init__(self):
        super().__init__()
        self.first, self.second = nn.Conv2d(3, 3, 3, padding=1), nn.Conv2d(3, 3, 3, padding=1)

    def forward(self, x):
        y = self.first(x)
        y = y + torch.randn_like(y) + torch.rand(y.shape) + torch.empty(16).normal_()
        return self.second(y * torch.empty_like(y).bernoulli_(0.01) + 0.1 * y)


class FakeQuantised(nn.Module):
    """Two 3x3 with rounding between them."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 3, 3, padding=1)

    def forward(self, x):
        rounded = torch.fake_quantize_per_tensor_affine(self.conv(x), 0.05, 0, -128, 127)
        return self.conv(rounded)


IMAGE = (1, 3, 16, 16)


@pytest.mark.parametrize(
    ("kind", "shape", "size", "stride"),
    [
        # a sample is in four frames of 16, which span 28; the masks read a frame more on each side
        (Denoiser, (1, 1, 256), 36, 1),
        (Convolved, (1, 1, 80), 5, 1),
        (Sampled, IMAGE, 4, 2),  # two neighbours of 3 each
        (Segmenter, IMAGE, 8, 1),  # 3, window of 2, then 3 at a stride of 2
        (Noisy, IMAGE, 5, 1),
        (FakeQuantised, IMAGE, 5, 1),
    ],
)
def test_local_networks_are_local(kind, shape, size, stride):
    torch.manual_seed(0)
    model = kind()
    analysis = jaxrf.analyze(model, shape, strict=True)
    assert set(analysis.output.size) == {size}
    assert set(analysis.output.stride) == {stride}
    assert jaxrf.measure_support(model, shape).equal


def test_unpooling_at_places_from_elsewhere_is_bounded():
    class Elsewhere(nn.Module):
        def forward(self, x):
            _, places = F.max_pool2d(x, 2, return_indices=True)
            return F.max_unpool2d(x[..., :8, :8], places.flip(2), 2)

    analysis = jaxrf.analyze(Elsewhere(), IMAGE)
    assert any("max_unpool2d" in label for label in analysis.approximate)
    assert analysis.support().count == (16, 16)


def test_a_grid_by_the_input_is_bounded():
    class Flow(nn.Module):
        def forward(self, x):
            grid = x[:, :2].permute(0, 2, 3, 1)
            return F.grid_sample(x, grid, align_corners=False)

    analysis = jaxrf.analyze(Flow(), IMAGE)
    assert any("grid_sampler" in label for label in analysis.approximate)


class Grouped(nn.Module):
    """Branches of 3x3 and 5x5 side by side, normalised together, then 3x3."""

    def __init__(self, groups: int):
        super().__init__()
        self.left, self.right = nn.Conv2d(1, 4, 3, padding=1), nn.Conv2d(1, 4, 5, padding=2)
        self.norm, self.out = nn.GroupNorm(groups, 8), nn.Conv2d(8, 1, 3, padding=1)

    def forward(self, x):
        return self.out(self.norm(torch.cat([self.left(x), self.right(x)], 1)))


@pytest.mark.parametrize("groups", [1, 2, 4, 8])
def test_a_group_norm_keeps_channels_and_space_apart(groups):
    field = jaxrf.analyze(Grouped(groups), (1, 1, 32, 32)).output
    assert (field.size, field.stride, field.padding) == ((7, 7), (1, 1), (3, 3))
    assert all(axis.is_global for axis in field.axes)
