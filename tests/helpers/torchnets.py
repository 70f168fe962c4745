"""Networks as PyTorch users write them, small where their field does not depend on the width."""

import torch
from torch import nn
from torch.nn import functional as F


class Bottleneck(nn.Module):
    """Three convolutions and a shortcut, the stride in the 3x3 (ResNet v1.5)."""

    def __init__(self, inputs: int, width: int, stride: int):
        super().__init__()
        outputs = 4 * width
        self.conv1 = nn.Conv2d(inputs, width, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, stride, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, outputs, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(outputs)
        self.relu = nn.ReLU(inplace=True)
        self.downsample = None
        if stride != 1 or inputs != outputs:
            shortcut = nn.Conv2d(inputs, outputs, 1, stride, bias=False)
            self.downsample = nn.Sequential(shortcut, nn.BatchNorm2d(outputs))

    def forward(self, x):
        y = self.relu(self.bn1(self.conv1(x)))
        y = self.relu(self.bn2(self.conv2(y)))
        y = self.bn3(self.conv3(y))
        y += x if self.downsample is None else self.downsample(x)
        return self.relu(y)


class ResNet(nn.Module):
    """ResNet of bottlenecks without its head; ResNet-50 at depths (3, 4, 6, 3)."""

    def __init__(self, depths=(3, 4, 6, 3), width: int = 4):
        super().__init__()
        self.conv1 = nn.Conv2d(3, width, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(3, 2, 1)
        self.layers = []
        inputs = width
        for i, depth in enumerate(depths):
            blocks = []
            for b in range(depth):
                blocks.append(Bottleneck(inputs, width * 2**i, 2 if i and not b else 1))
                inputs = 4 * width * 2**i
            setattr(self, f"layer{i + 1}", nn.Sequential(*blocks))
            self.layers.append(f"layer{i + 1}")

    def forward(self, x):
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        for name in self.layers:
            x = getattr(self, name)(x)
        return x


def _double(inputs: int, outputs: int) -> nn.Sequential:
    parts = [nn.Conv2d(inputs, outputs, 3, padding=1), nn.ReLU()]
    return nn.Sequential(*parts, nn.Conv2d(outputs, outputs, 3, padding=1), nn.ReLU())


class UNet(nn.Module):
    """One level down and up again, by a transposed convolution or by a mode of ``nn.Upsample``."""

    def __init__(self, up: str = "transposed"):
        super().__init__()
        self.down, self.pool, self.bottom = _double(3, 4), nn.MaxPool2d(2), _double(4, 8)
        if up == "transposed":
            self.up: nn.Module = nn.ConvTranspose2d(8, 4, 2, 2)
        else:
            self.up = nn.Sequential(nn.Upsample(scale_factor=2, mode=up), nn.Conv2d(8, 4, 1))
        self.merge, self.head = _double(8, 4), nn.Conv2d(4, 2, 1)

    def forward(self, x):
        fine = self.down(x)
        coarse = self.up(self.bottom(self.pool(fine)))
        return self.head(self.merge(torch.cat([fine, coarse], 1)))


class TCN(nn.Module):
    """Causal convolutions of doubling dilation."""

    def __init__(self):
        super().__init__()
        convs = [nn.Conv1d(4 if i else 2, 4, 2, dilation=2**i) for i in range(5)]
        self.convs = nn.ModuleList(convs)

    def forward(self, x):
        for i, conv in enumerate(self.convs):
            y = torch.tanh(conv(F.pad(x, (2**i, 0))))
            x = y + x if i else y
        return x


class ViT(nn.Module):
    """Patches, a class token, one encoder block, and the patches as an image again."""

    def __init__(self):
        super().__init__()
        self.patch = nn.Conv2d(3, 8, 4, 4)
        self.token = nn.Parameter(torch.zeros(1, 1, 8))
        self.position = nn.Parameter(torch.randn(1, 17, 8))
        self.block = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True, norm_first=True)

    def forward(self, x):
        x = self.patch(x).flatten(2).transpose(1, 2)
        x = torch.cat([self.token.expand(x.shape[0], -1, -1), x], 1) + self.position
        return self.block(x)[:, 1:].transpose(1, 2).reshape(-1, 8, 4, 4)


class WindowAttention(nn.Module):
    """Attention inside windows of 4 x 4, shifted or not, with a bias by relative position."""

    def __init__(self, shift: int, dim: int = 8, heads: int = 2, size: int = 4):
        super().__init__()
        self.shift, self.heads, self.size = shift, heads, size
        self.qkv, self.project = nn.Linear(dim, 3 * dim), nn.Linear(dim, dim)
        self.norm = nn.LayerNorm(dim)
        self.table = nn.Parameter(torch.randn((2 * size - 1) ** 2, heads))
        place = torch.stack(torch.meshgrid([torch.arange(size)] * 2, indexing="ij")).flatten(1)
        row, column = place[:, :, None] - place[:, None, :] + size - 1
        index = row * (2 * size - 1) + column
        self.register_buffer("index", index, persistent=False)

    def forward(self, x):
        b, h, w, c = x.shape
        n = self.size
        y = torch.roll(self.norm(x), (-self.shift, -self.shift), (1, 2))
        y = y.view(b, h // n, n, w // n, n, c).permute(0, 1, 3, 2, 4, 5).reshape(-1, n * n, c)
        qkv = self.qkv(y).reshape(-1, n * n, 3, self.heads, c // self.heads)
        q, k, v = qkv.permute(2, 0, 3, 1, 4)
        bias = self.table[self.index.view(-1)].view(n * n, n * n, -1).permute(2, 0, 1)
        attention = (q @ k.transpose(-2, -1) + bias).softmax(-1)
        y = self.project((attention @ v).transpose(1, 2).reshape(-1, n * n, c))
        y = y.view(b, h // n, w // n, n, n, c).permute(0, 1, 3, 2, 4, 5).reshape(b, h, w, c)
        return x + torch.roll(y, (self.shift, self.shift), (1, 2))


class Swin(nn.Module):
    """Patches of 2 x 2 and two blocks of window attention, the second shifted."""

    def __init__(self):
        super().__init__()
        self.patch = nn.Conv2d(3, 8, 2, 2)
        self.blocks = nn.Sequential(WindowAttention(0), WindowAttention(2))

    def forward(self, x):
        return self.blocks(self.patch(x).permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


class SubPixel(nn.Module):
    """Half the resolution, and back by a pixel shuffle."""

    def __init__(self):
        super().__init__()
        self.first, self.second = nn.Conv2d(3, 8, 3, 2, 1), nn.Conv2d(8, 4, 3, padding=1)
        self.shuffle = nn.PixelShuffle(2)

    def forward(self, x):
        return self.shuffle(self.second(torch.sigmoid(self.first(x))))


class Volume(nn.Module):
    """Convolutions in the plane and in space, down and up in the plane."""

    def __init__(self):
        super().__init__()
        self.plane = nn.Conv3d(1, 2, (1, 3, 3), padding=(0, 1, 1))
        self.space = nn.Conv3d(2, 2, 3, padding=1)
        self.up = nn.ConvTranspose3d(2, 1, (1, 2, 2), (1, 2, 2))

    def forward(self, x):
        return self.up(self.space(F.max_pool3d(self.plane(x), (1, 2, 2))))


class SqueezeExcite(nn.Module):
    """Channels weighted by what the whole image says."""

    def __init__(self):
        super().__init__()
        self.conv, self.fc = nn.Conv2d(3, 4, 3, padding=1), nn.Linear(4, 4)

    def forward(self, x):
        y = self.conv(x)
        return y * torch.sigmoid(self.fc(y.mean((2, 3))))[:, :, None, None]


class Shared(nn.Module):
    """One convolution, applied twice."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv1d(2, 2, 3, padding=1)

    def forward(self, x):
        return self.conv(self.conv(x))


class Warp(nn.Module):
    """Sampled where a learned transformation says."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 2, 3)
        self.theta = nn.Parameter(torch.eye(2, 3)[None])

    def forward(self, x):
        y = self.conv(x)
        grid = F.affine_grid(self.theta, [1, 2, 6, 6], align_corners=False)
        return F.grid_sample(y, grid, align_corners=False)
