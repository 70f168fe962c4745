"""Fields measured by backpropagated impulses, and their prediction."""
