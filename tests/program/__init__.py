"""The flat program."""
