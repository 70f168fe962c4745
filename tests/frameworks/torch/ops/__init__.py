"""Tests of jaxrf.frameworks.torch.ops."""
