"""What importing costs, and that every public name is there."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import jaxrf

HEAVY = ("jax", "jaxlib", "flax", "matplotlib", "scipy", "rich", "PIL")
REPORT = """
import sys, time
{code}
loaded = {{name.partition(".")[0] for name in sys.modules}}
print("LOADED", *sorted(loaded))
print("CPU", time.process_time())
"""


def measured(code):
    """Modules loaded and CPU seconds spent, start of the interpreter included."""
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": ""}
    command = [sys.executable, "-c", REPORT.format(code=code)]
    out = subprocess.run(
        command, capture_output=True, text=True, check=True, env=environment
    ).stdout
    loaded = set(re.search("^LOADED (.*)$", out, re.MULTILINE)[1].split())
    return loaded, float(re.search("^CPU (.*)$", out, re.MULTILINE)[1])


HELP = """
from jaxrf.cli.main import main
try:
    main([{arguments}])
except SystemExit as exit:
    assert not exit.code
"""


@pytest.mark.parametrize(
    "code",
    [
        "import jaxrf",
        "import jaxrf; dir(jaxrf); jaxrf.__version__",
        HELP.format(arguments="'--help'"),
        HELP.format(arguments="'erf', '--help'"),
        HELP.format(arguments="'--version'"),
    ],
    ids=["import", "dir", "help", "help of a command", "version"],
)
def test_cheap(code):
    loaded, seconds = measured(code)
    assert "jaxrf" in loaded
    assert not loaded.intersection(HEAVY)
    assert seconds < 0.5


def test_the_theory_of_graphs_by_hand_needs_no_jax():
    code = "import jaxrf; jaxrf.Sequential([jaxrf.Layer(kernel=3)]); jaxrf.Graph; jaxrf.Interval"
    loaded, _ = measured(code)
    assert "numpy" in loaded
    assert not loaded.intersection({"jax", "flax", "matplotlib"})


def test_a_list_of_networks_needs_no_jax():
    loaded, _ = measured(HELP.format(arguments="'zoo', '-f', 'json'"))
    assert not loaded.intersection({"jax", "flax", "matplotlib"})


def test_a_field_needs_no_figure():
    arguments = "'field', 'jax.nn:relu', '--shape', '1,8,3'"
    loaded, _ = measured(HELP.format(arguments=arguments))
    assert "jax" in loaded
    assert not loaded.intersection({"flax", "matplotlib", "PIL", "scipy_stats"})


def test_a_plain_function_needs_no_framework():
    code = "import jaxrf; jaxrf.measure_support(lambda x: x[:, 1:] + x[:, :-1], (1, 8, 3))"
    loaded, _ = measured(code)
    assert "jax" in loaded
    assert not loaded.intersection({"flax", "haiku", "equinox", "keras", "torch", "onnx"})


MODELS = {  # framework imported, kernel 3 along 8 pixels
    "flax": "import flax.linen as nn; model = nn.Conv(1, (3,))",
    "flax nnx": "from flax import nnx; model = nnx.Conv(1, 1, 3, rngs=nnx.Rngs(0))",
    "haiku": "import haiku as hk; model = hk.transform(lambda x: hk.Conv1D(1, 3)(x))",
    "equinox": "import equinox as e, jax; model = e.nn.Conv1d(1, 1, 3, key=jax.random.key(0))",
    "keras": "from keras import *; model = Sequential([Input((8, 1)), layers.Conv1D(1, 3)])",
}


@pytest.mark.parametrize("framework", MODELS)
def test_a_framework_is_imported_for_its_own_models_only(framework):
    package = framework.partition(" ")[0]
    pytest.importorskip(package)
    shape = "(1, 8)" if framework == "equinox" else "(1, 8, 1)"
    check = f"assert jaxrf.analyze(model, {shape}).output.size == (3,)"
    loaded, _ = measured(f"import jaxrf; {MODELS[framework]}; {check}")
    assert package in loaded
    own = {package, "flax"} if package == "haiku" else {package}  # Haiku imports Flax itself
    assert not loaded.intersection({"flax", "haiku", "equinox", "keras", "torch"} - own)


@pytest.mark.parametrize("name", jaxrf.__all__)
def test_every_public_name_resolves(name):
    assert getattr(jaxrf, name) is not None
    assert name in dir(jaxrf)


def test_public_names_are_lazy_typed_and_listed_alike():
    """The same names in ``__all__``, in what is loaded on use, and for type checkers."""
    source = Path(jaxrf.__file__).read_text()
    typed = re.findall(r"^    from jaxrf[\w.]* import (.*)$", source, re.MULTILINE)
    names = {name.strip() for line in typed for name in line.split(",")}
    assert names == set(jaxrf.__all__) - {"__version__"}
    assert list(jaxrf.__all__) == sorted(
        jaxrf.__all__, key=lambda n: (not n.isupper(), n.islower(), n)
    )


def test_an_unknown_name():
    with pytest.raises(AttributeError, match="module 'jaxrf' has no attribute 'analyse'"):
        jaxrf.analyse  # noqa: B018


def test_functions_stay_what_they_are_when_modules_of_the_package_are_imported():
    import jaxrf.comparison.compare
    import jaxrf.measure.erf

    assert callable(jaxrf.compare)
    assert callable(jaxrf.analyze)
    assert callable(jaxrf.measure_erf)
