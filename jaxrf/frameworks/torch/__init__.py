"""PyTorch modules: exported by ``torch.export``, run by JAX functions, one per ATen operation.

    module --export--> a functional graph of ATen operations, shapes specialised
           --known---> what no weight and no input can change, computed by torch itself
           --run-----> the rest in JAX: theory, measurement and effective fields as for any model

Parameters and floating buffers are variables (a learned zero is not a missing edge); integer and
boolean buffers, masks of zeros and infinite numbers and what the module marks by
:func:`jaxrf.constant` are known. An operation that is not in the table runs in torch through a
callback, which jaxrf takes to depend on everything, and reports.
"""
