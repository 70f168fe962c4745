"""The command line: one file per command, listed in :mod:`jaxrf.cli.main`.

A command is a module with two functions: ``register(commands)`` adds its parser, with its own
options and the groups of :mod:`jaxrf.cli.options` that it shares, and ends in
``set_defaults(run=run)``; ``run(options)`` does the work and returns the exit code. The class of
its options lists what ``run`` reads, with types. Whatever is heavy is imported inside ``run``.

``NAME_*.py`` is a part of the command NAME that stands by itself. The other modules serve several
commands: :mod:`~jaxrf.cli.request` and :mod:`~jaxrf.cli.analysis` (the model),
:mod:`~jaxrf.cli.targets` (TARGET -> model), :mod:`~jaxrf.cli.output` (results on their way out),
:mod:`~jaxrf.cli.cost` (how long it will take), :mod:`~jaxrf.cli.parser` (usage errors).
"""
