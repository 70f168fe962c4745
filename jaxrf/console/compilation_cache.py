"""Compiled programs that are kept between runs, in a folder of jaxrf's own.

JAX can keep what it compiles on disk; here it is told to, for the time of a command. Nothing of it
is on as a side effect of an import. What JAX leaves open is done here: the folder is the user's
cache folder, it has a largest size, and an entry that is damaged (by a kill, a full disk, or a
process that is just writing it) is deleted and compiled again, without a word.

JAX's own limit of the size needs one more package, and reads a second file of every entry for each
one that it writes, which a kill may have left out.
"""

from __future__ import annotations

import os
import platform
import re
import sys
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from typing import Any

from jaxrf.console.results import say
from jaxrf.files import check_writable

__all__ = [
    "VARIABLE",
    "cache_folder",
    "compilations_kept",
    "nothing_kept",
    "saved_seconds",
    "trim",
]

VARIABLE = "JAXRF_CACHE_DIR"  # names another folder; empty: keep nothing
BYTES = 512 << 20  # of all entries
ENTRIES = 10_000
_SHARE = 0.8  # of either that is left when it was too much
_SUFFIX = "-cache"  # of an entry, by JAX
_TROUBLE = r"Error (reading|writing) persistent compilation cache entry for '(.*?)'"


def cache_folder(environment: Mapping[str, str] = os.environ) -> Path | None:
    """The folder of compiled programs; None where nothing is to be kept.

    >>> cache_folder({"XDG_CACHE_HOME": "/x"})
    PosixPath('/x/jaxrf')
    >>> cache_folder({"JAXRF_CACHE_DIR": ""})

    Args:
        environment: variables; those of the process by default.
    """
    if VARIABLE in environment:
        return Path(environment[VARIABLE]).expanduser() if environment[VARIABLE] else None
    if os.path.isabs(environment.get("XDG_CACHE_HOME", "")):  # others count for nothing, it says
        return Path(environment["XDG_CACHE_HOME"]) / "jaxrf"
    home = Path(environment.get("HOME") or os.path.expanduser("~"))
    return home / ("Library/Caches" if sys.platform == "darwin" else ".cache") / "jaxrf"


@contextmanager
def compilations_kept(who: str) -> Iterator[None]:
    """Context in which JAX reads and keeps compiled programs in the folder.

    A cache that the user has set up for JAX (``JAX_COMPILATION_CACHE_DIR``), or turned off, stays
    what it is. A folder that cannot be written to is no failure; it is said if it was named.

    Args:
        who: the name of the command, for messages.
    """
    folder = cache_folder()
    if folder is None or not _is_free() or not _is_usable(who, folder):
        yield
        return
    from jax.experimental.compilation_cache import compilation_cache

    own = folder / _machine()
    _SAVED.listen()
    with _set(
        jax_compilation_cache_dir=str(own),
        jax_persistent_cache_min_compile_time_secs=0.0,  # reading takes a tenth of any compilation
        jax_persistent_cache_min_entry_size_bytes=0,
        jax_persistent_cache_enable_xla_caches="none",  # what they hold is not bounded
    ):
        compilation_cache.reset_cache()
        try:
            with _mended(own):
                yield
        finally:
            compilation_cache.reset_cache()
            trim(folder)


@contextmanager
def nothing_kept() -> Iterator[None]:
    """Context in which neither this process nor those that it starts keep compiled programs."""
    before = os.environ.get(VARIABLE)
    os.environ[VARIABLE] = ""
    try:
        yield
    finally:
        if before is None:
            del os.environ[VARIABLE]
        else:
            os.environ[VARIABLE] = before


def saved_seconds() -> float:
    """Wall time that programs read from the folder once took to compile, over this process."""
    return _SAVED.seconds


def trim(folder: Path, *, size: int = BYTES, entries: int = ENTRIES) -> None:
    """Delete the entries that were not used for longest, where there are too many.

    The time of use is that of the file system, which may note it once a day.

    Args:
        folder: with all folders in it.
        size: the most bytes.
        entries: the most entries.
    """
    found = []
    for path in folder.rglob(f"*{_SUFFIX}"):
        with suppress(OSError):  # another process was faster
            state = path.stat()
            found.append((max(state.st_atime, state.st_mtime), state.st_size, path))
    found.sort(reverse=True)
    total, many = sum(length for _, length, _ in found), len(found)
    if total <= size and many <= entries:
        return
    while found and (total > _SHARE * size or len(found) > _SHARE * entries):
        _, length, path = found.pop()
        total -= length
        with suppress(OSError):
            path.unlink()


class _Saved:
    """Adds up what JAX says that reading a program saved."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.listening = False

    def listen(self) -> None:
        """Begin, once in a process."""
        import jax.monitoring

        if not self.listening:
            self.listening = True
            jax.monitoring.register_event_duration_secs_listener(self._hear)

    def _hear(self, event: str, duration_secs: float, **details: Any) -> None:
        if event == "/jax/compilation_cache/compile_time_saved_sec":
            self.seconds += max(duration_secs, 0.0)  # a small program may be faster to compile


_SAVED = _Saved()


def _is_free() -> bool:
    """Whether the user left JAX's own cache as it is."""
    import jax

    config: Any = jax.config
    return bool(config.jax_enable_compilation_cache) and not config.jax_compilation_cache_dir


def _is_usable(who: str, folder: Path) -> bool:
    """Whether the folder can be written to; it is made."""
    try:
        (folder / _machine()).mkdir(parents=True, exist_ok=True)
        check_writable(folder / _machine() / "written")
    except OSError as error:
        if VARIABLE in os.environ:
            say(
                f"{who}: {VARIABLE}: got {str(folder)!r}, which cannot be written "
                f"({error.strerror}); compiled programs are not kept"
            )
        return False
    return True


def _machine() -> str:
    """A name for processors of one kind: a home may be shared by machines of several.

    >>> _machine() == _machine()
    True
    """
    features = ""
    with suppress(OSError):
        text = Path("/proc/cpuinfo").read_text("utf-8", "replace")
        features = " ".join(re.findall(r"^(?:flags|Features)\s*:.*$", text, re.MULTILINE)[:1])
    return f"{platform.machine()}-{sha256(features.encode()).hexdigest()[:12]}"


@contextmanager
def _set(**options: Any) -> Iterator[None]:
    """Options of JAX for the time of a context."""
    import jax

    before = {name: getattr(jax.config, name) for name in options}
    try:
        for name, value in options.items():
            jax.config.update(name, value)
        yield
    finally:
        for name, value in before.items():
            jax.config.update(name, value)


@contextmanager
def _mended(folder: Path) -> Iterator[None]:
    """Context in which an entry that cannot be read is deleted, and JAX writes it anew."""
    with warnings.catch_warnings():
        warnings.filterwarnings("always", _TROUBLE)
        shown = warnings.showwarning

        def show(message: Any, *details: Any, **more: Any) -> None:
            trouble = re.match(_TROUBLE, str(message))
            if trouble is None:
                shown(message, *details, **more)
            elif trouble[1] == "reading":
                for path in folder.glob(f"*{_SUFFIX}"):
                    if path.name.startswith(f"{trouble[2]}-"):
                        path.unlink(missing_ok=True)

        warnings.showwarning = show
        yield
