"""Mirrors jaxrf.frameworks.onnx."""
