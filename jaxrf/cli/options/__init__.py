"""The options that several commands share: one file per group.

A group is a function that adds the options to a parser, the class of their values (annotations of a
:class:`argparse.Namespace`, which the type checker reads), and the functions that read them.
"""
