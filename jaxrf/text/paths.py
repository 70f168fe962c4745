"""Portable paths: the same text on every machine."""

from __future__ import annotations

import re
import sys
from pathlib import Path

__all__ = ["portable_target", "relative"]

_INSTALLED = re.compile(r".*/(?:site|dist)-packages/|.*/lib/python3\.\d+/")


def relative(place: str) -> str:
    """A file (with a line behind it) from the working folder, a package, or the search path on.

    >>> relative("/usr/lib/python3/dist-packages/flax/linen/linear.py:12:3")
    'flax/linen/linear.py:12:3'
    >>> relative("/nowhere/that/is/searched/net.py:3")
    'net.py:3'
    >>> relative("net.py:3")
    'net.py:3'
    """
    if not place.startswith("/"):
        return place
    inside = [root for root in (str(Path.cwd()), *sys.path) if _below(place, root)]
    if inside and inside[0] == str(Path.cwd()) and not _INSTALLED.match(place):
        return place[len(inside[0]) + 1 :]
    if _INSTALLED.match(place):
        return _INSTALLED.sub("", place)
    root = max(inside, key=len, default="")
    return place[len(root.rstrip("/")) + 1 :] if root else place.rpartition("/")[2]


def _below(place: str, root: str) -> bool:
    return root not in ("", "/") and place.startswith(root.rstrip("/") + "/")


def portable_target(target: str) -> str:
    """A TARGET of the command line without the folders of one machine.

    >>> portable_target("zoo:vgg_16"), portable_target("/home/me/nets/unet.py:unet")
    ('zoo:vgg_16', 'unet.py:unet')
    """
    if not target.startswith("/"):
        return target
    here = f"{Path.cwd()}/"
    return target.removeprefix(here) if target.startswith(here) else Path(target).name
