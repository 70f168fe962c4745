"""Files that appear whole."""

import os
import stat
import threading

import pytest

from jaxrf.files import check_writable, whole, write_whole


def names(folder):
    return sorted(p.name for p in folder.iterdir())


def test_an_error_half_way_leaves_the_old_file(tmp_path):
    file = tmp_path / "x.txt"
    write_whole(file, "old")
    for error in (OSError(28, "No space left on device"), KeyboardInterrupt(), ValueError()):
        with pytest.raises(type(error)), whole(file) as out:
            out.write(b"half of the n")
            raise error
    assert file.read_text() == "old"
    assert names(tmp_path) == ["x.txt"]


def test_an_error_of_the_disk_names_the_file(tmp_path):
    with pytest.raises(OSError, match=r"No space left on device: '.*x\.txt'"):  # noqa: SIM117
        with whole(tmp_path / "x.txt"):
            raise OSError(28, "No space left on device")


def test_until_all_is_written_others_see_the_old_file(tmp_path):
    file = tmp_path / "x.txt"
    write_whole(file, "old")
    with whole(file) as out:
        out.write(b"new")
        out.flush()
        assert file.read_text() == "old"
    assert file.read_text() == "new"


def test_text_is_utf8_whatever_is_in_it(tmp_path):
    write_whole(tmp_path / "x", "σ \udcff")  # half a pair: the name of a file that is no UTF-8
    assert (tmp_path / "x").read_bytes() == "σ \\udcff".encode()


def test_a_link_stays_one_and_permissions_stay(tmp_path):
    file, link = tmp_path / "x", tmp_path / "link"
    write_whole(file, "old")
    file.chmod(0o640)
    link.symlink_to("x")
    write_whole(link, "new")
    assert link.is_symlink()
    assert file.read_text() == "new"
    assert stat.S_IMODE(file.stat().st_mode) == 0o640


def test_a_new_file_has_the_usual_permissions(tmp_path):
    (tmp_path / "usual").touch()
    write_whole(tmp_path / "new", "")
    assert (tmp_path / "new").stat().st_mode == (tmp_path / "usual").stat().st_mode


def test_a_pipe_is_written_to_and_stays(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    read = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_bytes()))
    reader.start()
    write_whole(pipe, "text")
    reader.join(10)
    assert read == [b"text"]
    assert stat.S_ISFIFO(pipe.stat().st_mode)


def test_a_name_as_long_as_a_name_can_be(tmp_path):
    for name in ("x" * 255, "ü" * 127):
        write_whole(tmp_path / name, "text")
        assert (tmp_path / name).read_text() == "text"


def test_what_cannot_be_written_is_found_out_and_nothing_is_left(tmp_path):
    check_writable(tmp_path / "new")
    write_whole(tmp_path / "old", "old")
    check_writable(tmp_path / "old")
    assert names(tmp_path) == ["old"]
    assert (tmp_path / "old").read_text() == "old"
    for path in (tmp_path, tmp_path / "none" / "x", tmp_path / "old" / "x"):
        with pytest.raises(OSError):  # noqa: PT011
            check_writable(path)
