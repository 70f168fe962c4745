"""Weights that the user gives: used or refused, never dropped, whatever they come in.

Covers: frameworks.checkpoints, frameworks.weight_matching, frameworks.weights.
"""

import sys

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx, serialization
from flax.traverse_util import flatten_dict

import jaxrf
from jaxrf.errors import InvalidInput, ModelError
from jaxrf.frameworks.weight_matching import match_weights
from tests.helpers.modelnets import SHAPE, Own, ResNet, resnet


@pytest.fixture(scope="module")
def variables():
    return resnet.init(jax.random.key(3), jnp.zeros(SHAPE), train=False)


def measured(model=resnet, shape=SHAPE, **options):
    return jaxrf.measure_erf(model, shape, samples=2, **options)


@pytest.fixture(scope="module")
def expected(variables):
    return measured(lambda x: resnet.apply(variables, x, train=False)).map


def flat(variables, separator):
    return {k: np.asarray(v) for k, v in flatten_dict(variables, sep=separator).items()}


def as_npz(folder, variables):
    np.savez(folder / "w.npz", **flat(variables, "/"))
    return folder / "w.npz"


def as_msgpack(folder, variables):
    (folder / "w.msgpack").write_bytes(serialization.to_bytes(variables))
    return folder / "w.msgpack"


def as_training_state(folder, variables):
    state = {"step": 7, "ema": variables, "opt_state": {"0": {"count": np.zeros(3)}}}
    (folder / "checkpoint_7").write_bytes(serialization.msgpack_serialize(state))
    return folder / "checkpoint_7"


def as_orbax(folder, variables):
    checkpoint = pytest.importorskip("orbax.checkpoint")
    checkpoint.PyTreeCheckpointer().save((folder / "orbax").absolute(), variables)
    return folder / "orbax"


def as_orbax_steps(folder, variables):
    checkpoint = pytest.importorskip("orbax.checkpoint")
    for step, tree in ((3, jax.tree.map(jnp.zeros_like, variables)), (11, variables)):
        place = (folder / "run" / str(step) / "default").absolute()
        checkpoint.PyTreeCheckpointer().save(place, tree)
    return folder / "run"


def as_safetensors(folder, variables):
    files = pytest.importorskip("safetensors.numpy")
    files.save_file(flat(variables, "."), folder / "w.safetensors")
    return folder / "w.safetensors"


FILES = [as_npz, as_msgpack, as_training_state, as_orbax, as_orbax_steps, as_safetensors]


@pytest.mark.parametrize("saved", FILES)
def test_files(saved, variables, expected, tmp_path):
    file = saved(tmp_path, variables)
    for path in (file, str(file)):
        found = measured(variables=path)
        assert np.array_equal(found.map, expected)
        assert found.setting.weights.startswith(f"given ({file.name}")
        assert found.plan.weight_seeds == 0
    unused = [line for line in found.setting.assumed if "not used" in line]
    assert bool(unused) == (saved is as_training_state)
    assert not unused or "opt_state/0/count" in unused[0]


@pytest.mark.parametrize("way", ["bound", "pair", "argument", "frozen"])
def test_with_the_model(way, variables, expected):
    from flax.core import freeze

    model, options = {
        "bound": (resnet.bind(variables), {}),
        "pair": ((resnet, variables), {}),
        "argument": (resnet, {"variables": variables}),
        "frozen": (resnet, {"variables": freeze(variables)}),
    }[way]
    source = {"bound": "bound module", "pair": "model, variables"}.get(way, "variables=")
    found = measured(model, **options)
    assert np.array_equal(found.map, expected)
    assert found.setting.weights == f"given ({source})"
    analysis = jaxrf.analyze(model, SHAPE, **options)
    assert f"weights given ({source}): fields do not depend on them" in str(analysis)


def test_drawn_weights_are_said_to_be():
    analysis = jaxrf.analyze(resnet, SHAPE)
    assert analysis.setting.weights == "drawn (by the model's initialiser)"
    assert "weights" not in str(analysis)  # theory needs none
    assert analysis.to_dict()["model"]["weights"].startswith("drawn")
    assert jaxrf.analyze(Own(), SHAPE).setting.weights == "given (the model's own)"
    inside = jaxrf.analyze(lambda x: x, (1, 8, 1)).setting
    assert inside.weights == "given (inside the function)"


@pytest.mark.parametrize(
    "measure",
    [
        lambda **k: jaxrf.measure_erf(resnet, SHAPE, samples=2, **k),
        lambda **k: jaxrf.predict_erf(resnet, SHAPE, draws=1, **k),
        lambda **k: jaxrf.compare(resnet, SHAPE, samples=2, **k).erf,
        lambda **k: jaxrf.compare(resnet, SHAPE, samples=2, **k).predicted,
        lambda **k: jaxrf.measure_support(resnet, SHAPE, **k),
        lambda **k: jaxrf.energy_by_path(resnet, SHAPE, draws=1, **k),
        lambda **k: jaxrf.measure_grid(resnet, SHAPE, samples=1, step=4, **k),
    ],
    ids="erf predict compare predicted support paths grid".split(),
)
def test_every_function_takes_weights_and_says_so(measure, variables):
    found = measure(variables=variables)
    assert found.setting.weights == "given (variables=)"
    assert found.to_dict()["model"]["weights"] == "given (variables=)"
    with pytest.raises(InvalidInput, match=r"variables .*need the 28 arrays.* missing"):
        measure(variables={"params": {}})


def test_compare_measures_the_weights_that_are_given(variables, expected):
    result = jaxrf.compare(resnet, SHAPE, samples=2, variables=variables)
    assert np.array_equal(result.erf.map, expected)
    assert result.equal
    assert result.to_dict()["model"]["weights"] == "given (variables=)"


def test_weights_in_the_place_of_the_models_own():
    found = measured(Own(), variables=nnx.state(Own(5)))
    assert np.array_equal(found.map, measured(Own(5)).map)
    assert not np.array_equal(found.map, measured(Own()).map)
    assert np.array_equal(measured(nnx.split(Own(5))).map, found.map)


def test_equinox_takes_another_module():
    eqx = pytest.importorskip("equinox")
    one, other = (eqx.nn.Conv2d(3, 2, 3, key=jax.random.key(n)) for n in (0, 1))
    found = measured(one, (3, 8, 8), variables=other)
    assert np.array_equal(found.map, measured(other, (3, 8, 8)).map)
    assert found.setting.assumed == ()


def test_haiku_takes_parameters_and_state():
    hk = pytest.importorskip("haiku")
    model = hk.transform_with_state(
        lambda x, is_training: hk.BatchNorm(True, True, 0.9)(hk.Conv2D(2, 3)(x), is_training)
    )
    shape = (1, 8, 8, 3)
    params, state = model.init(jax.random.key(4), jnp.zeros(shape), is_training=True)
    right = measured(lambda x: model.apply(params, state, None, x, False)[0], shape).map
    for given in ((params, state), [params, state]):
        assert measured(model, shape, variables=given).map == pytest.approx(right, rel=1e-5)
    assert measured((model, (params, state)), shape).map == pytest.approx(right, rel=1e-5)
    with pytest.raises(InvalidInput, match="mean_ema.* missing"):
        measured(model, shape, variables=params)


def test_weights_that_do_not_fit(variables, tmp_path):
    def refused(words, model=resnet, **options):
        with pytest.raises(InvalidInput) as caught:
            jaxrf.analyze(model, SHAPE, **options)
        assert "\n" not in str(caught.value)
        assert all(word in str(caught.value) for word in words), str(caught.value)

    refused(["batch_stats/", "missing"], variables=variables["params"])
    refused(["got params/head/kernel", "need (1, 1, 4, 2)"], ResNet(1), variables=variables)
    refused(["inside the function"], lambda x: x, variables=variables)
    refused(["inside the function"], (lambda x: x, variables))
    refused(["beside those of"], (resnet, variables), variables=variables)
    refused(["complex64"], variables=jax.tree.map(lambda x: x + 1j, variables))
    refused(["no such file", ".msgpack"], variables=tmp_path / "w.npz")
    for name in ("w.txt", "w.npz", "w.msgpack", "w"):
        (tmp_path / name).write_bytes(b"\x81\xa1no weights")
        refused([name, "need"], variables=tmp_path / name)
    refused(["no Orbax checkpoint"], variables=tmp_path)


@pytest.mark.parametrize(
    ("package", "name"), [("safetensors", "w.safetensors"), ("orbax", "folder")]
)
def test_a_missing_package_is_one_line(package, name, tmp_path, monkeypatch):
    (tmp_path / "folder" / "1").mkdir(parents=True)
    (tmp_path / "w.safetensors").write_bytes(b"")
    for module in [m for m in sys.modules if m.partition(".")[0] == package]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(InvalidInput, match=rf"{name} needs {package}.*pip install {package}"):
        jaxrf.analyze(resnet, SHAPE, variables=tmp_path / name)


def test_abstract_weights_have_a_theory_and_no_gradient(variables):
    abstract = jax.eval_shape(lambda: variables)
    assert jaxrf.analyze(resnet, SHAPE, variables=abstract).output.size == (51, 51)
    with pytest.raises(InvalidInput, match="got abstract weights, need arrays"):
        measured(variables=abstract)
    with pytest.raises((InvalidInput, ModelError), match="abstract"):
        jaxrf.predict_erf(resnet, SHAPE, variables=abstract)


def test_all_sizes_read_a_file_once(variables, tmp_path, monkeypatch):
    import jaxrf.theory.sizes.analyze as sizes

    read = []
    load = sizes.load_weights
    monkeypatch.setattr(sizes, "load_weights", lambda path: read.append(path) or load(path))
    file = as_npz(tmp_path, variables)
    found = jaxrf.analyze_sizes(resnet, (1, None, None, 3), variables=file)
    assert read == [file]
    assert any("weights given (w.npz)" in note for note in found.notes)
    with pytest.raises(InvalidInput, match="missing"):
        jaxrf.analyze_sizes(resnet, (1, None, None, 3), variables={})


def test_half_precision_weights_become_those_of_the_model():
    need = {"w": jax.ShapeDtypeStruct((2,), "float32")}
    (found,) = jax.tree.leaves(match_weights(need, {"w": np.array([1, 2], np.float16)}, "file")[0])
    assert found.dtype == np.float32
    assert found.tolist() == [1, 2]


@pytest.mark.parametrize("order", [("b", "a"), ("a", "b")])
def test_arrays_are_matched_by_name_not_by_order(order):
    need = {n: jax.ShapeDtypeStruct((), "float32") for n in "ab"}
    given = {f"params.{n}": np.float32(ord(n)) for n in order}
    assert {n: float(v) for n, v in match_weights(need, given, "file")[0].items()} == {
        "a": 97,
        "b": 98,
    }


def test_a_run_is_continued_with_its_own_weights_only(tmp_path):
    """Two models that differ in their own weights alone have runs of different names."""
    from jaxrf.measure.fingerprint import fingerprint
    from jaxrf.measure.plan import Plan
    from jaxrf.measure.sampler import Sampler

    names = {
        fingerprint(Sampler(jaxrf.analyze(model, SHAPE), "drop", (3, 3), Plan(4, 0, 0)))
        for model in (Own(0), Own(0), Own(1))
    }
    assert len(names) == 2
