"""Results in files: what is loaded is what was saved, and nothing else is taken for a result."""

import jax.numpy as jnp
import numpy as np
import pytest

import jaxrf
from jaxrf.errors import InvalidInput

SHAPE = (1, 21, 21, 1)


def blur(x):
    return jnp.tanh((x[:, :-2] + 2 * x[:, 1:-1] + x[:, 2:]) / 4)


def two(x):
    return jnp.concatenate([blur(x), 2 * blur(x)], -1)


def drawn_paths():
    graph = jaxrf.Graph()
    image = graph.input("image", shape=(10,))
    graph.add("join", of=[graph.add(f"k{k}", jaxrf.Layer(k, 2), of=image) for k in (3, 4)])
    return jaxrf.solve_paths(graph, "join")


RESNET = jaxrf.zoo.load("resnet_v1_50", width=1 / 16)
MADE = {
    "erf": lambda: jaxrf.measure_erf(blur, SHAPE, samples=12),
    "erf of a line": lambda: jaxrf.measure_erf(lambda x: x[:, 1:] * x[:, :-1], (1, 15, 1)),
    "channels": lambda: jaxrf.measure_erf(
        two, SHAPE, samples=3, estimator=jaxrf.Estimator("exact", channels=(1, 0))
    ),
    "positions": lambda: jaxrf.measure_erf(
        blur, (1, 61, 61, 1), samples=3, estimator=jaxrf.Estimator(positions=4)
    ),
    "influence": lambda: jaxrf.measure_influence(blur, SHAPE, samples=3),
    "grid": lambda: jaxrf.measure_grid(blur, SHAPE, samples=3),
    "prediction": lambda: jaxrf.predict_erf(blur, SHAPE),
    "paths": lambda: jaxrf.energy_by_path(RESNET, (1, 32, 32, 3), draws=1),
    "support": lambda: jaxrf.analyze(blur, SHAPE).support(None, (1, 1)),
    "measured support": lambda: jaxrf.measure_support(blur, SHAPE),
    "fields": lambda: jaxrf.analyze(RESNET, (1, 64, 64, 3)).fields,
    "comparison": lambda: jaxrf.compare(blur, SHAPE, samples=2),
    "comparison of supports": lambda: jaxrf.compare(blur, SHAPE, samples=0),
    "recipe": lambda: jaxrf.reproduce_erf(blur, SHAPE, "luo2016", samples=2),
    "every length": lambda: jaxrf.analyze_sizes(blur, (1, None, 21, 1)),
    "unread": lambda: jaxrf.analyze(lambda x: x[:, :, ::2], SHAPE).unread(),
    "paths of a graph": lambda: drawn_paths(),
    "layers": lambda: jaxrf.weighted_layers(RESNET, (1, 64, 64, 3)),
    "models": lambda: jaxrf.side_by_side({"a": jaxrf.analyze(blur, SHAPE)}),
}


@pytest.mark.parametrize("name", MADE)
def test_what_is_loaded_is_what_was_saved(name, tmp_path):
    made, file = MADE[name](), tmp_path / "x.npz"
    made.save(file)
    found = jaxrf.load(file)
    assert type(found) is type(made)
    assert str(found) == str(made)
    assert found._repr_html_() == made._repr_html_()
    assert found.table().csv() == made.table().csv()
    from jaxrf.report.json import to_json

    assert to_json(found.to_dict()) == to_json(made.to_dict())
    if name not in ("comparison of supports", "layers"):  # which have no figure
        assert found.plot() is not None
    before = file.read_bytes()
    found.save(file)
    assert file.read_bytes() == before
    with np.load(file, allow_pickle=False) as stored:
        assert {"meta", "result"} <= set(stored.files)


def test_an_analysis_keeps_its_fields(tmp_path):
    analysis = jaxrf.analyze(RESNET, (1, 64, 64, 3))
    analysis.save(tmp_path / "x.npz")
    found = jaxrf.load(tmp_path / "x.npz")
    assert found.names == analysis.names
    assert found["block4"] == analysis["block4"]
    assert found.output.center((0, 0)) == analysis.output.center((0, 0))


def test_intervals_of_a_loaded_field(tmp_path):
    erf = MADE["erf"]()
    erf.save(tmp_path / "x.npz")
    found = jaxrf.load(tmp_path / "x.npz")
    assert repr(found.intervals(0.5)) == repr(erf.intervals(0.5))  # NaN too


def written(folder, kind):
    file = folder / "bad.npz"
    if kind == "text":
        file.write_text("no archive")
    elif kind == "other":
        np.savez(file, map=np.ones(3))
    elif kind == "kind":
        np.savez(file, result='{"is": "Popen", "of": {}}')
    elif kind == "fields":
        np.savez(file, result='{"is": "Interval", "of": {"lowest": 3}}')
    elif kind == "member":
        np.savez(file, result='{"is": "Support", "of": {"mask": {"array": "gone"}}}')
    elif kind == "pickle":
        np.savez(file, result=np.array([{}], dtype=object))
    elif kind == "json":
        np.savez(file, result="{")
    return file


@pytest.mark.parametrize(
    "kind", ["text", "other", "kind", "fields", "member", "pickle", "json", "missing"]
)
def test_what_holds_no_result_is_refused_in_a_line(kind, tmp_path):
    with pytest.raises(InvalidInput, match="load: ") as caught:
        jaxrf.load(written(tmp_path, kind))
    assert "\n" not in str(caught.value)


def test_what_no_file_can_hold(tmp_path):
    with pytest.raises(InvalidInput, match=r"need a file ending in \.npz"):
        MADE["support"]().save(tmp_path / "x.json")
    with pytest.raises(InvalidInput, match="save: got Graph, which no file can hold"):
        jaxrf.analyze(blur, SHAPE).graph.save(tmp_path / "x.npz")
    assert not list(tmp_path.iterdir())
