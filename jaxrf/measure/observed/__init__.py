"""Known values of a program, found by running it: the measurement does not ask theory for them.

Theory derives which values the code decides (:mod:`jaxrf.program.partial_constants`,
:mod:`jaxrf.program.constants`). A measurement that used the same derivation could not contradict
it. Here every primitive is run by JAX, in the dtypes that were traced, with adversarial numbers in
place of unknown values: the elements that never change are known. Both share only the policy of
:mod:`jaxrf.program.value_kinds`, which decides which stored numbers are weights.
"""

from jaxrf.measure.observed.observer import ObservedSite, Observer

__all__ = ["ObservedSite", "Observer"]
