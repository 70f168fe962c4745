"""Measurement by backpropagated impulses: supports, effective fields and their numbers."""
