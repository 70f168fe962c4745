"""The field at every output position: energy, centroid and sigma, measured and predicted."""
