"""Files inside installed packages, which are found without importing them."""

from importlib.util import find_spec
from pathlib import Path

from jaxrf.errors import InvalidInput


def file_in(package, *parts, install):
    """The path of a file in a package; its code, and what that needs, is left alone.

    Raises:
        InvalidInput: the package is not installed; ``install`` says how it can be.
    """
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise InvalidInput(f"trained weights: got no package {package}; {install}")
    return Path(spec.submodule_search_locations[0], *parts)
