"""Tests of jaxrf.measure.field_grid."""
