"""The examples give the fields that their first lines promise.

Covers: examples.*.
"""

import pkgutil

import pytest

import jaxrf
from jaxrf import examples
from jaxrf.cli.targets import load_target
from jaxrf.comparison.features import features
from jaxrf.measure.support import SupportMeter


def test_every_example_is_a_target_and_none_is_hidden_by_a_module():
    modules = {m.name for m in pkgutil.iter_modules(examples.__path__)}
    assert not modules & set(examples.__all__)
    for name in examples.__all__:
        if name[0].islower():
            assert callable(load_target(f"jaxrf.examples:{name}"))


def test_torchvision_resnet50():
    analysis = jaxrf.analyze(load_target("jaxrf.examples:resnet50"), (1, 224, 224, 3))
    assert analysis.names == ("layer1", "layer2", "layer3", "layer4")
    assert analysis.output.size == (427, 427)
    assert analysis.output.stride == (32, 32)
    assert analysis.output.padding == (213, 213)
    assert analysis.output.aligned


def test_unet():
    analysis = jaxrf.analyze(load_target("jaxrf.examples:unet"), (1, 32, 32, 1))
    field = analysis.output.axes[0]
    assert (field.size, field.stride, field.period) == (18, 1, 2)
    assert field.reach == ((-8, 9), (-9, 8))
    assert SupportMeter(analysis).measure(plain=False).equal


@pytest.mark.slow
def test_unet_at_its_borders():
    analysis = jaxrf.analyze(load_target("jaxrf.examples:unet"), (1, 32, 32, 1))
    meter = SupportMeter(analysis)
    for at in features(analysis, "head").values():
        assert meter.measure(at).equal
