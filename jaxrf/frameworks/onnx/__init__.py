"""ONNX files as networks: each operator is a JAX function, run under JAX's own tracing.

Theory, measured support and effective fields then need no rules of their own. The ``onnx`` package
(``pip install 'jaxrf[onnx]'``) reads the file and computes what is known of it; it is imported
only for a model that comes from ONNX: by :mod:`~jaxrf.frameworks.onnx.network`, not from here.
"""

from jaxrf.frameworks.onnx.load import is_onnx_path, load_onnx

__all__ = ["is_onnx_path", "load_onnx"]
