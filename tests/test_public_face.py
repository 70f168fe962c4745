"""The contract of the public face, held over everything in ``jaxrf.__all__``.

Functions of a model take a model and a shape, or an ``Analysis``, and their common arguments mean
the same in all of them. Results have a table, a JSON and a form for notebooks; mappings are those
of ``collections.abc``.

Covers: measure.sampling_options, report.*, text.paths, theory.model_arguments, theory.notes,
theory.sizes.result.
"""

import inspect
import json
import pkgutil
import re
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from html.parser import HTMLParser
from importlib import import_module

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax
from jax.ad_checkpoint import checkpoint_name

import jaxrf
import jaxrf.report
from jaxrf import Sampling
from jaxrf.errors import InvalidInput
from jaxrf.report.json import to_json
from jaxrf.text.result import LONG, Result, SentenceResult
from jaxrf.text.table import TextTable, plain_text
from jaxrf.theory import model_arguments
from jaxrf.theory.sizes.result import AxisSizes, EndpointSizes

ONE, TWO = (1, 8, 8, 1), [(1, 8, 8, 1), (1, 9, 9, 1)]
SECOND = "input1"  # what the second input of a plain pair of functions is called
COMMON = ("wrt", "endpoint", "at", "spatial_axes", "variables", "call", "dtype")
EVERYWHERE = {"measure_grid", "restrict", "weighted_layers"}  # they have no position
FUNCTIONS = sorted(
    name
    for name in jaxrf.__all__
    if inspect.isfunction(f := getattr(jaxrf, name))
    and list(inspect.signature(f).parameters)[:2] == ["model", "shape"]
    and not name.startswith("analyze")
)
FEW = {  # what keeps a call short
    "compare": {"samples": 2},
    "energy_by_path": {"draws": 1},
    "measure_erf": {"samples": 2},
    "measure_erf_share": {"samples": 2, "share": (1, 1)},
    "measure_grid": {"samples": 2, "predict": False},
    "measure_influence": {"samples": 2},
    "measure_support": {},
    "predict_erf": {"draws": 1},
    "reproduce_erf": {"samples": 2, "recipe": "luo2016"},
    "restrict": {},
    "weighted_layers": {},
}
SAMPLED = [name for name in FUNCTIONS if "samples" in FEW[name]]


def conv(x, w):
    return lax.conv_general_dilated(
        x, w, (1, 1), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC")
    )


class Net:
    """A residual block on each of two inputs; the second one is a row and a column larger."""

    def init(self, key, x, y):
        return jax.random.normal(key, (2, 3, 3, 1, 1)) / 3

    def apply(self, w, x, y):
        hidden = checkpoint_name(x + jnp.tanh(conv(x, w[0])), "net/hidden")
        return hidden + (y + conv(y, w[1]))[:, 1:, 1:]


@cache
def analysis(wrt=None):
    return jaxrf.analyze(Net(), TWO, wrt=wrt)


def called(name, *arguments, **options):
    return getattr(jaxrf, name)(*arguments, **{**FEW[name], **options})


def told(result):
    return to_json(result.to_dict())


# Functions


def test_these_are_the_functions_of_a_model():
    assert set(FUNCTIONS) == set(FEW)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_common_arguments_have_one_form(name):
    parameters = inspect.signature(getattr(jaxrf, name)).parameters
    assert parameters["shape"].default is None
    for common in COMMON:
        if common == "at" and name in EVERYWHERE:
            assert common not in parameters
            continue
        assert parameters[common].kind is inspect.Parameter.KEYWORD_ONLY
        assert parameters[common].default is None


@pytest.mark.parametrize("name", FUNCTIONS)
def test_common_arguments_are_described_in_one_place(name):
    text = inspect.getdoc(getattr(jaxrf, name))
    assert "jaxrf.theory.model_arguments" in text
    for common in ("model", "shape", *COMMON):
        assert f"\n``{common}``\n" in model_arguments.__doc__
        assert common in ("at",) or f"\n    {common}: " in text


@pytest.mark.parametrize("name", FUNCTIONS)
def test_an_analysis_stands_for_a_model_and_its_shape(name):
    of_y = called(name, Net(), TWO, wrt=SECOND)
    assert told(called(name, analysis(SECOND))) == told(of_y)
    assert told(called(name, analysis(), wrt=SECOND)) == told(of_y)
    assert told(called(name, Net(), TWO)) == told(called(name, analysis(), wrt="input0"))


def test_measurement_follows_the_input_that_is_named():
    erf = jaxrf.measure_erf(Net(), TWO, wrt=SECOND, at=(0, 0), samples=2)
    assert erf.map.shape == (9, 9)
    assert np.argwhere(erf.map > 0).max(0).tolist() == [2, 2]  # 3x3 about y[1, 1]
    assert jaxrf.measure_erf(Net(), TWO, at=(0, 0), samples=2).map.shape == (8, 8)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_an_endpoint_may_be_shortened(name):
    short, full = (called(name, analysis(), endpoint=n) for n in ("hidden", "net/hidden"))
    assert told(short) == told(full)


@pytest.mark.parametrize("name", sorted({*FUNCTIONS} - EVERYWHERE))
def test_at_is_a_position_of_the_end_point(name):
    found = called(name, analysis(), at=(1, 2)).to_dict()
    assert re.search(r'"at": \[1, 2\]', json.dumps(found, default=str))
    with pytest.raises(InvalidInput, match="at: got .* out of range"):
        called(name, analysis(), at=(1, 9))


def test_compare_looks_at_the_feature_that_is_named():
    found = jaxrf.compare(analysis(), at=(1, 2), samples=2)
    assert found.supports[0][0] == "chosen"
    assert found.supports[0][1].exact.at == (1, 2)
    assert found.erf.at == (1, 2)
    assert found.equal
    usual = [label for label, _ in jaxrf.compare(analysis(), samples=0).supports]
    assert usual == ["corner", "edge", "center", "random"]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_spatial_axes_are_those_of_the_input(name):
    if name == "reproduce_erf":  # which needs two
        pytest.skip("a recipe has two axes")
    along_rows = called(name, Net(), TWO, spatial_axes=(1,))
    again = called(name, analysis(), spatial_axes=(1,))
    assert told(along_rows) == told(again)
    assert told(along_rows) != told(called(name, analysis()))


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize(
    "given", [{"shape": TWO}, {"variables": {}}, {"call": {}}, {"dtype": "float32"}]
)
def test_what_an_analysis_has_already_is_refused_in_a_line(name, given):
    with pytest.raises(
        InvalidInput, match=f"^{next(iter(given))}: got one beside an Analysis"
    ) as caught:
        called(name, analysis(), **given)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", SAMPLED)
def test_sampling_is_its_keywords_in_one(name):
    parameters = inspect.signature(getattr(jaxrf, name)).parameters
    shared = [f.name for f in fields(Sampling) if f.name in parameters]
    assert {"samples", "seed", "batch"} <= {*shared}
    assert all(parameters[n].default is None for n in shared)
    keywords = called(name, analysis(), samples=3, seed=2)
    rest = {k: v for k, v in FEW[name].items() if k != "samples"}
    function = getattr(jaxrf, name)
    assert told(function(analysis(), **rest, sampling=Sampling(3, 2))) == told(keywords)
    assert told(function(analysis(), **rest, sampling=Sampling(3, 7), seed=2)) == told(keywords)


@pytest.mark.parametrize("name", SAMPLED)
def test_an_option_without_a_meaning_is_refused(name):
    parameters = inspect.signature(getattr(jaxrf, name)).parameters
    values = {"estimator": jaxrf.Estimator(), "precision": 0.1, "weight_seeds": 1, "input_seeds": 1}
    refused = [n for n in values if n not in parameters]
    if name == "compare":  # the effective field takes them, under no name of their own
        refused = ["estimator"]
    for option in refused:
        with pytest.raises(InvalidInput, match=f"^{option}: got one in sampling, need none: "):
            called(name, analysis(), sampling=Sampling(2, **{option: values[option]}))


# Results

PARAMETERS = {  # what is given, not what is returned; and the number that an interval is
    *("Checkpoint", "Estimator", "Interval", "Keywords", "Layer", "Perturbation", "Sampling"),
}
CLASSES = sorted(n for n in jaxrf.__all__ if isinstance(getattr(jaxrf, n), type))
RESULTS = sorted({*CLASSES} - PARAMETERS)


def strided(x):
    """Joins what is not aligned, reads three of four columns, pads what its window never meets."""
    x = checkpoint_name(x[:, :, 1:], "net/first")
    padded = jnp.pad(x, ((0, 0), (9, 9), (0, 0), (0, 0)))
    window = lax.reduce_window(padded, 0.0, lax.add, (1, 3, 1, 1), (1, 8, 1, 1), "VALID")
    return window[:, :1, 1:] + x[:, :1, :-1]


@cache
def results():
    """A result of every public class, and of the classes that they consist of."""
    theory = jaxrf.analyze(strided, ONE)
    wide = jaxrf.analyze(lambda x: conv(x[:, :1], jnp.ones((9, 3, 1, 1))), ONE)
    sizes = jaxrf.analyze_sizes(strided, (1, None, None, 1))
    graph = jaxrf.Graph()
    image = graph.input("image", shape=(10,))
    graph.add("join", of=[graph.add(f"k{k}", jaxrf.Layer(k, 2), of=image) for k in (3, 4)])
    exact = jaxrf.Estimator("exact")
    found = [
        *(called(name, analysis()) for name in FUNCTIONS),
        called("weighted_layers", analysis())[0],
        jaxrf.measure_erf(analysis(), samples=2, estimator=exact).channels,
        *(theory, theory.output, theory.output.axes[0], theory.fields, theory.misaligned[0]),
        *(theory.support(), theory.unread(), wide.outside_taps()[0]),
        jaxrf.side_by_side({"net/a": theory, "net/b": jaxrf.analyze(strided, ONE)}),
        *(sizes, sizes.output, sizes.output.axes[0]),
        *(graph, jaxrf.solve_paths(graph, "join"), jaxrf.Sequential([jaxrf.Layer(3)] * 2)),
    ]
    return {type(result).__name__: result for result in found}


def test_every_public_class_is_a_result_or_a_parameter():
    public = {*results()} - {"AxisSizes", "EndpointSizes"}
    assert public == {*RESULTS}
    assert all(is_dataclass(getattr(jaxrf, n)) for n in CLASSES if n != "Keywords")


class Tags(HTMLParser):
    """Every tag that is opened is closed."""

    def __init__(self):
        super().__init__()
        self.open, self.seen = [], set()

    def handle_starttag(self, tag, attrs):
        self.open.append(tag)
        self.seen.add(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


@pytest.mark.parametrize("name", [*RESULTS, "AxisSizes", "EndpointSizes"])
def test_a_result_has_every_form(name):
    result = results()[name]
    assert isinstance(result, Result)
    table = result.table()
    assert isinstance(table, TextTable)
    assert {len(r) for r in table.rows} <= {len(table.header)}
    assert len(table.rows) <= LONG
    assert str(result).splitlines()[-1:] == plain_text(table).splitlines()[-1:]
    assert str(result) == plain_text(result._at_most(LONG))
    document = result.to_dict()
    assert isinstance(document, dict)
    assert document
    assert json.loads(to_json(document)).keys() == document.keys()
    page = Tags()
    page.feed(result._repr_html_())
    assert not page.open
    assert {"table", "caption", "td"} <= page.seen
    shown = repr(result)
    assert 0 < len(shown) < 4000
    assert f"{name}(" not in shown
    if isinstance(result, SentenceResult):
        assert shown == result.sentence != str(result)


def test_every_kind_of_result_has_a_module_that_writes_it():
    """And every module of ``report`` with a table is of some kind of result."""
    kinds = {cls for r in results().values() for cls in type(r).__mro__ if "REPORT" in vars(cls)}
    named = {cls.REPORT for cls in kinds}
    assert len(named) == len(kinds), "two kinds of result share a module"
    modules = {m.name for m in pkgutil.iter_modules(jaxrf.report.__path__)}
    for name in modules:
        module = import_module(f"jaxrf.report.{name}")
        writes = {"table", "to_dict"} <= {*vars(module)}
        assert writes == (name in named), name


@pytest.mark.parametrize(
    "name", sorted(n for n in RESULTS if issubclass(getattr(jaxrf, n), Mapping))
)
def test_a_mapping_keeps_the_contract_of_mappings(name):
    mapping = results()[name]
    assert list(mapping) == list(mapping.keys())
    assert len(mapping) == len(list(mapping))
    assert [*mapping.items()] == [(key, mapping[key]) for key in mapping]
    assert [*mapping.values()] == [mapping[key] for key in mapping]
    short = "a" if name == "Models" else "first"
    for key in (*mapping, short):
        assert key in mapping
        assert mapping.get(key) is not None
        assert told(mapping[key]) == told(mapping.get(key))
    assert f"net/{short}" in list(mapping)
    assert short not in list(mapping)
    for key in ("nowhere", "", None, 0, ("net", short)):
        assert key not in mapping
        assert mapping.get(key, 7) == 7
        with pytest.raises(KeyError) as caught:
            mapping[key]
        assert isinstance(caught.value, InvalidInput)
        assert "need" in str(caught.value)
    assert mapping == mapping
    assert hash(mapping) == hash(mapping)


def test_the_mappings_are_these():
    mappings = {n for n, r in results().items() if isinstance(r, Mapping)}
    assert mappings == {"Analysis", "Fields", "Models", "SizeFreeAnalysis"}
    assert {AxisSizes, EndpointSizes} <= {type(r) for r in results().values()}
