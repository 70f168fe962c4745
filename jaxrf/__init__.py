"""jaxrf: which inputs an output looks at, and how hard, for any network that JAX can run.

Names are loaded when they are first used, so that ``import jaxrf`` costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from jaxrf.version import __version__

if TYPE_CHECKING:
    from jaxrf import errors, plot, testing, zoo
    from jaxrf.analysis import Analysis, analyze
    from jaxrf.architecture import constant
    from jaxrf.comparison import Comparison, compare
    from jaxrf.fields import Fields
    from jaxrf.frameworks.keywords import Keywords
    from jaxrf.frameworks.onnx.load import load_onnx
    from jaxrf.frameworks.reinit import reinit
    from jaxrf.geometry import AxisField, Field, Interval
    from jaxrf.graph import Graph
    from jaxrf.layers import Layer, Sequential
    from jaxrf.measure.channel_fields import ChannelFields
    from jaxrf.measure.erf import measure_erf
    from jaxrf.measure.estimator import Estimator
    from jaxrf.measure.everywhere.measure import measure_grid
    from jaxrf.measure.everywhere.result import FieldGrid
    from jaxrf.measure.influence import measure_influence
    from jaxrf.measure.paths import PathEnergy, energy_by_path
    from jaxrf.measure.perturbation import Perturbation
    from jaxrf.measure.predict import Prediction, predict_erf
    from jaxrf.measure.reproduce import reproduce_erf
    from jaxrf.measure.result import ERF
    from jaxrf.measure.support import MeasuredSupport, measure_support
    from jaxrf.models import Models, side_by_side
    from jaxrf.productive import WeightedLayer, weighted_layers
    from jaxrf.sizes.analyze import analyze_sizes
    from jaxrf.sizes.result import SizeFreeAnalysis
    from jaxrf.solve.misalignment import Misalignment
    from jaxrf.solve.paths import Paths, solve_paths
    from jaxrf.storage import load
    from jaxrf.support import Support
    from jaxrf.unread import OutsideTaps, Unread

HOME = {
    "Analysis": "analysis",
    "AxisField": "geometry",
    "ChannelFields": "measure.channel_fields",
    "Comparison": "comparison",
    "ERF": "measure.result",
    "Estimator": "measure.estimator",
    "Field": "geometry",
    "FieldGrid": "measure.everywhere.result",
    "Fields": "fields",
    "Graph": "graph",
    "Interval": "geometry",
    "Keywords": "frameworks.keywords",
    "Layer": "layers",
    "MeasuredSupport": "measure.support",
    "Misalignment": "solve.misalignment",
    "Models": "models",
    "OutsideTaps": "unread",
    "PathEnergy": "measure.paths",
    "Paths": "solve.paths",
    "Perturbation": "measure.perturbation",
    "Prediction": "measure.predict",
    "Sequential": "layers",
    "SizeFreeAnalysis": "sizes.result",
    "Support": "support",
    "Unread": "unread",
    "WeightedLayer": "productive",
    "analyze": "analysis",
    "analyze_sizes": "sizes.analyze",
    "compare": "comparison",
    "constant": "architecture",
    "energy_by_path": "measure.paths",
    "load": "storage",
    "load_onnx": "frameworks.onnx.load",
    "measure_erf": "measure.erf",
    "measure_grid": "measure.everywhere.measure",
    "measure_influence": "measure.influence",
    "measure_support": "measure.support",
    "predict_erf": "measure.predict",
    "reinit": "frameworks.reinit",
    "reproduce_erf": "measure.reproduce",
    "side_by_side": "models",
    "solve_paths": "solve.paths",
    "weighted_layers": "productive",
}
_MODULES = ("errors", "plot", "testing", "zoo")

__all__ = [
    "ERF",
    "Analysis",
    "AxisField",
    "ChannelFields",
    "Comparison",
    "Estimator",
    "Field",
    "FieldGrid",
    "Fields",
    "Graph",
    "Interval",
    "Keywords",
    "Layer",
    "MeasuredSupport",
    "Misalignment",
    "Models",
    "OutsideTaps",
    "PathEnergy",
    "Paths",
    "Perturbation",
    "Prediction",
    "Sequential",
    "SizeFreeAnalysis",
    "Support",
    "Unread",
    "WeightedLayer",
    "__version__",
    "analyze",
    "analyze_sizes",
    "compare",
    "constant",
    "energy_by_path",
    "errors",
    "load",
    "load_onnx",
    "measure_erf",
    "measure_grid",
    "measure_influence",
    "measure_support",
    "plot",
    "predict_erf",
    "reinit",
    "reproduce_erf",
    "side_by_side",
    "solve_paths",
    "testing",
    "weighted_layers",
    "zoo",
]


def __getattr__(name: str):
    if name in _MODULES:
        return import_module(f"jaxrf.{name}")
    if name not in HOME:
        raise AttributeError(f"module 'jaxrf' has no attribute {name!r}")
    value = getattr(import_module(f"jaxrf.{HOME[name]}"), name)
    globals()[name] = value  # the function, even where a module of that name was imported
    return value


def __dir__():
    return sorted(__all__)
