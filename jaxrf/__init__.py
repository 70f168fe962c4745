"""jaxrf: which inputs an output looks at, and how hard, for any network that JAX can run.

Names are loaded when they are first used, so that ``import jaxrf`` costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from jaxrf.version import __version__

if TYPE_CHECKING:
    from jaxrf import errors, plot, testing, zoo
    from jaxrf.comparison.compare import Comparison, compare
    from jaxrf.comparison.models import Models, side_by_side
    from jaxrf.frameworks.constant import constant
    from jaxrf.frameworks.keywords import Keywords
    from jaxrf.frameworks.onnx.load import load_onnx
    from jaxrf.frameworks.reinit import reinit
    from jaxrf.geometry.collection import Fields
    from jaxrf.geometry.field import AxisField, Field
    from jaxrf.geometry.graph import Graph
    from jaxrf.geometry.interval import Interval
    from jaxrf.geometry.layers import Layer, Sequential
    from jaxrf.geometry.misalignment import Misalignment
    from jaxrf.geometry.support import Support
    from jaxrf.measure.channel_fields import ChannelFields
    from jaxrf.measure.checkpoint import Checkpoint
    from jaxrf.measure.erf import measure_erf
    from jaxrf.measure.erf_share import ErfShare, measure_erf_share
    from jaxrf.measure.estimator import Estimator
    from jaxrf.measure.field_grid.measure import measure_grid
    from jaxrf.measure.field_grid.result import FieldGrid
    from jaxrf.measure.influence import measure_influence
    from jaxrf.measure.paths import PathEnergy, energy_by_path
    from jaxrf.measure.perturbation import Perturbation
    from jaxrf.measure.predict import Prediction, predict_erf
    from jaxrf.measure.reproduce import Reproduction, reproduce_erf
    from jaxrf.measure.result import ERF
    from jaxrf.measure.sampling_options import Sampling
    from jaxrf.measure.support import MeasuredSupport, measure_support
    from jaxrf.report.merge import merge_erf
    from jaxrf.report.storage import load
    from jaxrf.restriction.restrict import Restriction, restrict
    from jaxrf.theory.analysis import Analysis
    from jaxrf.theory.analyze import analyze
    from jaxrf.theory.layer_report import WeightedLayer, WeightedLayers, weighted_layers
    from jaxrf.theory.sizes.analyze import analyze_sizes
    from jaxrf.theory.sizes.result import SizeFreeAnalysis
    from jaxrf.theory.solve.paths import Paths, solve_paths
    from jaxrf.theory.unread_inputs import OutsideTaps, Unread

HOME = {
    "Analysis": "theory.analysis",
    "AxisField": "geometry.field",
    "ChannelFields": "measure.channel_fields",
    "Checkpoint": "measure.checkpoint",
    "Comparison": "comparison.compare",
    "ERF": "measure.result",
    "ErfShare": "measure.erf_share",
    "Estimator": "measure.estimator",
    "Field": "geometry.field",
    "FieldGrid": "measure.field_grid.result",
    "Fields": "geometry.collection",
    "Graph": "geometry.graph",
    "Interval": "geometry.interval",
    "Keywords": "frameworks.keywords",
    "Layer": "geometry.layers",
    "MeasuredSupport": "measure.support",
    "Misalignment": "geometry.misalignment",
    "Models": "comparison.models",
    "OutsideTaps": "theory.unread_inputs",
    "PathEnergy": "measure.paths",
    "Paths": "theory.solve.paths",
    "Perturbation": "measure.perturbation",
    "Prediction": "measure.predict",
    "Reproduction": "measure.reproduce",
    "Restriction": "restriction.restrict",
    "Sampling": "measure.sampling_options",
    "Sequential": "geometry.layers",
    "SizeFreeAnalysis": "theory.sizes.result",
    "Support": "geometry.support",
    "Unread": "theory.unread_inputs",
    "WeightedLayer": "theory.layer_report",
    "WeightedLayers": "theory.layer_report",
    "analyze": "theory.analyze",
    "analyze_sizes": "theory.sizes.analyze",
    "compare": "comparison.compare",
    "constant": "frameworks.constant",
    "energy_by_path": "measure.paths",
    "load": "report.storage",
    "load_onnx": "frameworks.onnx.load",
    "measure_erf": "measure.erf",
    "measure_erf_share": "measure.erf_share",
    "measure_grid": "measure.field_grid.measure",
    "measure_influence": "measure.influence",
    "measure_support": "measure.support",
    "merge_erf": "report.merge",
    "predict_erf": "measure.predict",
    "reinit": "frameworks.reinit",
    "reproduce_erf": "measure.reproduce",
    "restrict": "restriction.restrict",
    "side_by_side": "comparison.models",
    "solve_paths": "theory.solve.paths",
    "weighted_layers": "theory.layer_report",
}
_MODULES = ("errors", "plot", "testing", "zoo")

__all__ = [
    "ERF",
    "Analysis",
    "AxisField",
    "ChannelFields",
    "Checkpoint",
    "Comparison",
    "ErfShare",
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
    "Reproduction",
    "Restriction",
    "Sampling",
    "Sequential",
    "SizeFreeAnalysis",
    "Support",
    "Unread",
    "WeightedLayer",
    "WeightedLayers",
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
    "measure_erf_share",
    "measure_grid",
    "measure_influence",
    "measure_support",
    "merge_erf",
    "plot",
    "predict_erf",
    "reinit",
    "reproduce_erf",
    "restrict",
    "side_by_side",
    "solve_paths",
    "testing",
    "weighted_layers",
    "zoo",
]


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return import_module(f"jaxrf.{name}")
    if name not in HOME:
        raise AttributeError(f"module 'jaxrf' has no attribute {name!r}")
    value = getattr(import_module(f"jaxrf.{HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
