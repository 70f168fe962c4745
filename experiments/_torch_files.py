"""State dicts that PyTorch wrote, read with numpy alone: {name: array}.

A file of PyTorch before 1.6 holds four pickles, a list of keys, and the elements of every tensor,
one after the other; one of 1.6 and later is a ZIP of a pickle and a file per storage. The pickles
may name four things and no others: reading them runs nothing.
"""

import collections
import pickle
import zipfile

import numpy as np

from jaxrf.errors import InvalidInput


class _Tensor:
    """A tensor whose elements are still to come."""

    def __init__(self, storage, offset, shape, strides, *_):
        self.storage, self.offset, self.shape, self.strides = storage, offset, shape, strides


DTYPES = {"FloatStorage": np.dtype("<f4"), "LongStorage": np.dtype("<i8")}
ALLOWED = {
    ("collections", "OrderedDict"): collections.OrderedDict,
    ("torch._utils", "_rebuild_tensor_v2"): _Tensor,
    **{("torch", name): name for name in DTYPES},
}


class _Unpickler(pickle.Unpickler):
    """Finds four names; storages are (key, dtype)."""

    def find_class(self, module, name):
        try:
            return ALLOWED[module, name]
        except KeyError:
            raise InvalidInput(
                f"weights: got a pickle that names {module}.{name}, need tensors alone; "
                "this is not the file it should be"
            ) from None

    def persistent_load(self, pid):
        return pid[2], DTYPES[pid[1]]


def read(stream):
    """{name: array} of a state dict.

    Args:
        stream: of bytes, which can be sought in.

    Raises:
        InvalidInput: its pickles name anything else than tensors.
    """
    zipped = zipfile.is_zipfile(stream)
    stream.seek(0)
    tensors, storages = _zipped(stream) if zipped else _in_a_row(stream)
    return {name: _array(t, storages[t.storage[0]]) for name, t in tensors.items()}


def _zipped(stream):
    with zipfile.ZipFile(stream) as files:
        (pickled,) = (name for name in files.namelist() if name.endswith("/data.pkl"))
        root = pickled.removesuffix("data.pkl")
        with files.open(pickled) as opened:
            tensors = _Unpickler(opened).load()
        of = {t.storage[0]: t.storage[1] for t in tensors.values()}
        return tensors, {k: np.frombuffer(files.read(f"{root}data/{k}"), d) for k, d in of.items()}


def _in_a_row(stream):
    for _ in range(3):  # magic number, protocol, sizes of C types
        _Unpickler(stream).load()
    tensors, storages = _Unpickler(stream).load(), {}
    dtypes = {t.storage[0]: t.storage[1] for t in tensors.values()}
    for key in _Unpickler(stream).load():
        (count,) = np.frombuffer(stream.read(8), "<i8")
        dtype = dtypes[key]
        storages[key] = np.frombuffer(stream.read(int(count) * dtype.itemsize), dtype)
    return tensors, storages


def _array(tensor, storage):
    strides = [s * storage.itemsize for s in tensor.strides]
    view = np.lib.stride_tricks.as_strided(storage[tensor.offset :], tensor.shape, strides)
    return np.ascontiguousarray(view)
