"""Measured supports of one network per family, where the field is smaller than the image.

``tests/test_acceptance.py`` and ``experiments/measured_support.py`` go to full depth.
"""

import pytest

import jaxrf
from jaxrf import zoo
from jaxrf.comparison.features import features
from jaxrf.comparison.invariant import contradictions
from jaxrf.measure.support import SupportMeter
from tests.helpers.slow import some_slow

PLACES = {  # an end-point behind every kind of row, and an image that holds its field
    "inception_v2": ("Mixed_4a", 160),
    "inception_v3": ("Mixed_6a", 160),
    "inception_v4": ("Mixed_5c", 128),
    "inception_resnet_v2": ("Mixed_5b", 128),
    "inception_resnet_v2-same": ("Mixed_5b", 128),
    "resnet_v2_50": ("resnet_v2_50/block1", 96),
}
QUICK = ("inception_v2", "resnet_v2_50")  # without the plain gradient, which compiles longest


@pytest.mark.parametrize("name", some_slow(PLACES, PLACES.keys() - set(QUICK)))
def test_measured_support_is_theory(name):
    endpoint, pixels = PLACES[name]
    analysis = jaxrf.analyze(zoo.load(name, width=1 / 16), (1, pixels, pixels, 3))
    field = analysis[endpoint]
    assert max(field.size) < pixels
    assert field.aligned
    meter = SupportMeter(analysis, endpoint)
    for label, at in features(analysis, endpoint).items():
        measured = meter.measure(at, plain=name not in QUICK and label == "center")
        assert measured.equal, (label, at, measured.missing, measured.excess)
        if label == "center":
            assert measured.support.box == field.box(at)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["inception_v3", "inception_resnet_v2", "resnet_v2_101"])
def test_measured_support_is_theory_at_the_end(name):
    analysis = jaxrf.analyze(zoo.load(name, width=1 / 16), (1, 160, 160, 3))
    assert SupportMeter(analysis).measure(plain=False).equal


@pytest.mark.parametrize("name", some_slow(zoo.names(), set(zoo.names()) - {"resnet_v1_50"}))
@pytest.mark.parametrize("pixels", [97, 224])
def test_no_summary_contradicts_the_exact_sets(name, pixels):
    analysis = jaxrf.analyze(zoo.load(name, width=1 / 16), (1, pixels, pixels, 3))
    assert not any(contradictions(field) for field in analysis.values())
