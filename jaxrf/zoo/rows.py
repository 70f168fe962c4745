"""The vocabulary in which a network of the zoo is written down: rows of plain data.

A network is a tuple of rows, applied in order. Nothing here imports a framework, so the tables can
be listed, counted and checked by hand; ``network.py`` turns them into a Flax module.

Names follow TF-Slim's variable scopes. The names of a row and of the groups around it, joined with
"/", are at once the scope in TF-Slim, the path of the row's parameters, and the name of the
end-point that it leaves (unless ``endpoint`` is False, for what TF-Slim does not collect, or a
text, where TF-Slim collects it under another name).
"""

from dataclasses import dataclass
from typing import Literal

Padding = Literal["SAME", "VALID", "FIXED"]
"""How a window is padded, per axis, with kernel k and stride s:

* SAME: TensorFlow's rule, as little as makes ceil(n / s) outputs; it depends on the input size n;
* VALID: none;
* FIXED: k - 1 zeros, the smaller half in front, whatever n is. TF-Slim calls it ``conv2d_same``: a
  strided FIXED window is the stride-1 SAME window, subsampled.
"""


@dataclass(frozen=True)
class Conv:
    """A convolution, then BatchNorm or a bias, then the activation.

    Attributes:
        name: the scope, one path component.
        channels: outputs at width 1; None for a depthwise convolution; several numbers, each of
            which the width scales, are their sum, to fit what was joined of as many parts.
        kernel: size in samples, of both axes or (height, width).
        stride: step in samples of either axis.
        padding: see :data:`Padding`.
        then: what is added to the sums: BatchNorm or a bias as :class:`Style` says, a bias in any
            style, or nothing.
        linear: leave out the activation.
        filters: of a depthwise convolution, how many outputs each input has, at any width.
        gain: fan-in times the variance of the initial weights; 2 keeps the mean square of the
            features through a convolution and a ReLU.
        endpoint: whether the result is an end-point.
    """

    name: str
    channels: int | tuple[int, ...] | None
    kernel: int | tuple[int, int] = 3
    stride: int = 1
    padding: Padding = "SAME"
    then: Literal["style", "bias", "nothing"] = "style"
    linear: bool = False
    filters: int = 1
    gain: float = 2.0
    endpoint: bool = True


@dataclass(frozen=True)
class Norm:
    """BatchNorm and the activation, where no convolution goes before."""

    name: str
    endpoint: bool = False


@dataclass(frozen=True)
class MaxPool:
    """The largest value under a window; fields as in :class:`Conv`."""

    name: str
    kernel: int
    stride: int
    padding: Padding = "SAME"
    endpoint: bool = True


@dataclass(frozen=True)
class AvgPool:
    """The mean of the real values under a window: padding is not counted."""

    name: str
    kernel: int
    stride: int
    padding: Padding = "SAME"
    endpoint: bool = True


@dataclass(frozen=True)
class Group:
    """Rows in a scope of their own; its last feature map may carry the scope's name too."""

    name: str
    rows: tuple["Row", ...]
    endpoint: bool | str = False


@dataclass(frozen=True)
class Concat:
    """Rows side by side on the same input, their channels one after the other.

    It opens no scope, and nothing inside is an end-point: TF-Slim collects modules, not branches.
    """

    rows: tuple["Row", ...]


@dataclass(frozen=True)
class Residual:
    """shortcut(y) + scale * body(y), where y = before(x).

    Attributes:
        name: the scope.
        body: the branch that learns.
        shortcut: what runs beside it; nothing is the identity.
        before: what both of them start from.
        scale: a constant factor of the body.
        linear: leave out the activation after the addition.
        endpoint: whether the result is an end-point.
    """

    name: str
    body: tuple["Row", ...]
    shortcut: tuple["Row", ...] = ()
    before: tuple["Row", ...] = ()
    scale: float = 1.0
    linear: bool = False
    endpoint: bool = True


Scoped = Conv | Norm | MaxPool | AvgPool | Group | Residual
Row = Scoped | Concat


@dataclass(frozen=True)
class Style:
    """The common properties of all convolutions of a network (TF-Slim: its arg_scope).

    Attributes:
        activation: applied after every convolution that is not linear, and after additions.
        norm_epsilon: BatchNorm with this epsilon and no bias; None for a bias and no BatchNorm.
        norm_scale: whether BatchNorm has a factor gamma beside its offset beta.
    """

    activation: Literal["relu", "relu6"] = "relu"
    norm_epsilon: float | None = None
    norm_scale: bool = True


@dataclass(frozen=True)
class Definition:
    """A whole network, from the image to its last feature map.

    Attributes:
        name: its name in the zoo.
        rows: the table.
        style: what its convolutions share.
        scope: what its end-point names begin with; "" for nothing.
        summary: what it is, in a few words.
        paper: authors, year, title and where to find it.
        image: side of the images that TF-Slim gives it, pixels.
    """

    name: str
    rows: tuple[Row, ...]
    style: Style
    scope: str
    summary: str
    paper: str
    image: int = 224
