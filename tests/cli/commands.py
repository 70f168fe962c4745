"""Every command with arguments that it runs with: what several tests walk over."""

__all__ = ["EXAMPLES"]

_NET = "net.py:net --shape 1,8,1"  # any model of a row of numbers

# Command -> words after it; those that it cannot do without come first.
EXAMPLES = {
    "field": _NET,
    "support": _NET,
    "erf": f"{_NET} --samples 2",
    "predict": _NET,
    "compare": f"{_NET} --samples 2 -o x.png",
    "figures": "--list",
    "zoo": "",
}
