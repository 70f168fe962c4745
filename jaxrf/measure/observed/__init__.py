"""What a program's code decides, found by running it: the measurement's own source of knowledge.

Theory derives what masks decide (:mod:`jaxrf.program.partial_constants`,
:mod:`jaxrf.program.constants`). A measurement that used the same derivation could not contradict
it. Here every primitive is run by JAX, in the dtypes that were traced; what is not known is filled
in with adversarial numbers, and known is what never changes. Only the policy of
:mod:`jaxrf.program.stored`, which stored numbers are weights, is common to both.
"""

from jaxrf.measure.observed.observer import ObservedSite, Observer

__all__ = ["ObservedSite", "Observer"]
