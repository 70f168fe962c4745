"""Shapes that are misread: what was assumed is said, and the corrected shape is offered."""

import jax
import jax.numpy as jnp
import pytest
from jax import lax

import jaxrf
from jaxrf.errors import InvalidInput, ModelError
from jaxrf.theory.ambiguous_shapes import shape_ambiguities
from tests.helpers.modelnets import Plain, resnet

CORRECTED = [  # layout, what was given, the shape that is offered, the axes that are
    ("channels_last", (224, 224, 3), "1,224,224,3", "0,1"),
    ("channels_last", (3, 224, 224), "1,224,224,3", "1,2"),
    ("channels_last", (1, 3, 224, 224), "1,224,224,3", "2,3"),
    ("channels_last", (8, 1, 28, 28), "8,28,28,1", "2,3"),
    ("channels_last", (1, 1, 16000), "1,16000,1", "2"),
    ("channels_last", (1, 2, 32, 32, 32), "1,32,32,32,2", "2,3,4"),
    ("channels_first", (1, 224, 224, 3), "1,3,224,224", "1,2"),
    ("channels_first", (224, 224, 3), "1,3,224,224", "0,1"),
    ("channels_first", (3, 224, 224), "1,3,224,224", "1,2"),
    ("channels_first", (1, 16000, 1), "1,1,16000", "1"),
    ("unbatched_channels_first", (1, 3, 32, 32), "3,32,32", None),
    ("unbatched_channels_first", (1, 32, 32, 3), "3,32,32", None),
    ("unbatched_channels_first", (32, 32, 3), "3,32,32", "0,1"),
]
USUAL = {
    "channels_last": "1,224,224,3 1,1,64 1,1,512 1,64,64,64 1,16000,1 1,4,48 1,8,8,1 1,2,2,512",
    "channels_first": "1,3,224,224 1,1,16000 1,64,7,7 1,512,2,2 1,48,4",
    "unbatched_channels_first": "3,224,224 1,16000 1,28,28 64,8,8 4,4",
}


@pytest.mark.parametrize(("layout", "shape", "offered", "axes"), CORRECTED)
def test_the_corrected_shape_is_offered(layout, shape, offered, axes):
    (line,) = shape_ambiguities(shape, layout)
    assert line.startswith(f"shape {','.join(map(str, shape))} counts as ")
    assert f"--shape {offered}" in line
    assert (f"or --axes {axes}" in line) if axes else ("--axes" not in line)
    assert shape_ambiguities(tuple(map(int, offered.split(","))), layout) == () or shape[0] == 8
    assert shape_ambiguities(shape, layout, (1,)) == ()  # whoever names axes knows them


@pytest.mark.parametrize("layout", USUAL)
def test_usual_shapes_leave_no_doubt(layout):
    for shape in USUAL[layout].split():
        assert shape_ambiguities(tuple(map(int, shape.split(","))), layout) == (), shape


def test_a_batch_is_said_to_be_one():
    (line,) = shape_ambiguities((8, 32, 32, 3), "channels_last")
    assert line == "shape 8,32,32,3 counts as batch 8, space 32,32, channels 3"
    assert "channels 3, space 32,32" in shape_ambiguities((8, 3, 32, 32), "channels_first")[0]


@pytest.mark.parametrize("shape", [(64, 64, 3), (3, 64, 64), (1, 3, 64, 64)])
@pytest.mark.parametrize("model", [resnet, Plain()], ids=["linen", "nnx"])
def test_what_a_model_takes_in_silence_is_said(shape, model):
    """Flax convolves anything; jaxrf says how it read it, in every form of the result."""
    try:
        analysis = jaxrf.analyze(model, shape)
    except ModelError as error:
        told = str(error)
        assert "counts as" in told
        assert "--shape 1,64,64,3" in told
        return
    assert any("--shape 1,64,64,3" in line for line in analysis.setting.assumed)
    assert str(analysis).count("counts as") == 1
    assert any("counts as" in line for line in analysis.to_dict()["model"]["assumed"])
    if model is not resnet:
        found = jaxrf.measure_support(model, shape)
        assert any("counts as" in line for line in found.setting.assumed)


def test_a_refusal_offers_the_shape_too():
    def conv(x):
        kernel = jnp.ones((3, 3, 3, 1))
        return lax.conv_general_dilated(
            x, kernel, (1, 1), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC")
        )

    for shape in ((32, 32, 3), (3, 32, 32), (1, 3, 32, 32)):
        with pytest.raises(ModelError, match="if it is .*--shape 1,32,32,3 or --axes"):
            jaxrf.analyze(conv, shape)


def test_a_refusal_of_our_own_offers_it_as_well():
    with pytest.raises(InvalidInput, match=r"leaves nothing.*--shape 1,64,64,3"):
        jaxrf.analyze(jaxrf.zoo.load("vgg_16", width=0.05), (1, 3, 64, 64))


def test_named_axes_are_believed():
    def conv(x):
        return lax.conv_general_dilated(x, jnp.ones((1, 3, 3, 3)), (1, 1), "SAME")

    assert jaxrf.analyze(conv, (1, 3, 32, 32), spatial_axes=(2, 3)).setting.assumed == ()
    assert jaxrf.analyze(conv, (1, 3, 32, 32)).setting.assumed != ()


def test_equinox_models_are_offered_theirs():
    eqx = pytest.importorskip("equinox")
    conv = eqx.nn.Conv2d(3, 1, 3, key=jax.random.key(0))
    for shape in ((1, 3, 32, 32), (32, 32, 3)):
        with pytest.raises(ModelError, match="--shape 3,32,32"):
            jaxrf.analyze(conv, shape)


def test_all_sizes_say_it_too():
    sizes = jaxrf.analyze_sizes(lambda x: x[..., 1:] + x[..., :-1], (1, 3, None, None))
    assert any("counts as" in note for note in sizes.notes)
