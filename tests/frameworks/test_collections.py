"""Every network of keras.applications and haiku.nets, and eight families in NNX and in Equinox.

Each is analysed without an approximation, and theory is what an impulse finds. The fast tests take
one of each library; the slow ones take all.
"""

from pathlib import Path

import pytest

from jaxrf.cli.targets import load_target
from jaxrf.comparison.invariant import contradictions
from jaxrf.measure.support import SupportMeter
from jaxrf.theory.analyze import analyze

ROOT = Path(__file__).parent.parent.parent
networks = load_target(f"{ROOT}/benchmarks/frameworks.py:networks")

FAMILIES = ("resnet", "convnext", "efficientnet", "vit", "swin", "unet", "wavenet", "unet3d")
HAIKU = ("ResNet", "MobileNet", "MLP", "VectorQuantizer")
KERAS = (
    *("ConvNeXt", "DenseNet", "EfficientNetB", "EfficientNetV2", "Inception", "MobileNet"),
    *("NASNet", "ResNet", "VGG", "Xception"),
)
GLOBAL = {"efficientnet", "vit"}  # squeeze-excite, attention: every output sees everything


def checked(model, shape, *, everything: bool | None = None):
    """Nothing is approximate, and the support of the output's corner is as measured.

    Args:
        model: analysed for inputs of this shape.
        shape: of its input.
        everything: whether that support is the whole input, where it is known.
    """
    analysis = analyze(model, shape)
    assert analysis.approximate == ()
    assert not any(contradictions(field) for field in analysis.values())
    corner = tuple(0 for _ in analysis.grid(analysis.names[-1]))
    found = SupportMeter(analysis).measure(corner, plain=False)
    assert (found.missing, found.excess) == (0, 0)
    assert everything is None or found.support.mask.all() == everything


def small(library: str, family: str):
    pytest.importorskip(library)
    example = f"{ROOT}/examples/{'nnx' if library == 'flax' else library}_nets.py"
    return load_target(f"{example}:build")(family, small=True)


@pytest.mark.parametrize("family", FAMILIES)
def test_nnx_and_equinox_agree(family):
    """The same tables, built of the layers of two libraries: the same fields."""
    nnx, equinox = (analyze(*small(library, family)) for library in ("flax", "equinox"))
    assert nnx.approximate == equinox.approximate == ()
    for one, other in zip(nnx.output.axes, equinox.output.axes, strict=True):
        assert (one.size, one.stride, one.padding) == (other.size, other.stride, other.padding)
    assert nnx.output.is_global == equinox.output.is_global


@pytest.mark.parametrize(("library", "family"), [("flax", "swin"), ("equinox", "resnet")])
def test_one_family(library, family):
    checked(*small(library, family), everything=False)


@pytest.mark.slow
@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("library", ["flax", "equinox"])
def test_every_family(library, family):
    checked(*small(library, family), everything=family in GLOBAL)


@pytest.mark.slow
@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("collection", ["nnx", "equinox"])
def test_every_family_as_published(collection, family):
    pytest.importorskip("flax" if collection == "nnx" else collection)
    analysis = analyze(*networks(collection)[family]())
    assert analysis.approximate == ()
    assert not any(contradictions(field) for field in analysis.values())


@pytest.mark.parametrize(
    ("library", "name"), [("haiku", "MobileNetV1"), ("keras", "MobileNet")], ids=str
)
def test_one_network(library, name):
    pytest.importorskip(library)
    checked(*networks(library)[name]())


def checked_all(library: str, start: str) -> None:
    """Every network of a library whose name starts so; the failing ones are named."""
    pytest.importorskip(library)
    failed = {}
    for name, build in networks(library).items():
        if name.startswith(start):
            try:
                checked(*build())
            except AssertionError as error:
                failed[name] = str(error)
    assert not failed


@pytest.mark.slow
@pytest.mark.parametrize("start", HAIKU)
def test_every_network_of_haiku(start):
    checked_all("haiku", start)


@pytest.mark.slow
@pytest.mark.parametrize("start", KERAS)
def test_every_network_of_keras(start):
    checked_all("keras", start)


@pytest.mark.slow
@pytest.mark.parametrize(("library", "starts"), [("haiku", HAIKU), ("keras", KERAS)], ids=str)
def test_no_family_is_left_out(library, starts):
    pytest.importorskip(library)
    assert all(name.startswith(starts) for name in networks(library))
