import errno
import os
import signal
import socket
import stat
import subprocess
import sys
import threading

import numpy as np
import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from packshot import files
from packshot.errors import SourceError
from packshot.files import (
    append_suffix,
    atomic_write,
    atomic_write_bytes,
    atomic_write_folder,
    check_writable,
    check_writable_folder,
)
from tests.conftest import ROOT

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root may give files away")
not_root = pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")


@pytest.fixture(params=["unnamed", "named"], autouse=True)
def draft_kind(request, monkeypatch):
    """Drafts without a name, and with one as where the file system cannot have others."""
    if request.param == "named":
        monkeypatch.setattr(files, "_create_unnamed_draft", lambda folder: None)
    elif files._create_unnamed_draft(ROOT) is None:
        pytest.skip("no files without a name here")
    return request.param


@pytest.fixture
def umask():
    before = os.umask(0o027)
    yield 0o027
    os.umask(before)


def list_names(folder):
    return sorted(os.listdir(folder))


def read_mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def write_half(target, error, **options):
    with atomic_write(target, **options) as draft:
        draft.write_text("half")
        raise error


def test_a_reader_sees_the_old_file_until_the_new_one_is_whole(tmp_path, draft_kind):
    target = tmp_path / "rows.csv"
    target.write_text("old")
    with atomic_write(target) as draft:
        draft.write_text("new")
        assert target.read_text() == "old"
        assert len(list_names(tmp_path)) == 1 + (draft_kind == "named")
        assert read_mode(draft) == 0o600, "nobody else reads what is not finished"
    assert target.read_text() == "new"
    assert list_names(tmp_path) == ["rows.csv"]


def test_an_error_leaves_the_old_file_and_no_other(tmp_path):
    target = tmp_path / "rows.csv"
    target.write_text("old")
    with pytest.raises(ValueError, match="no row"):
        write_half(target, ValueError("no row"))
    assert target.read_text() == "old"
    assert list_names(tmp_path) == ["rows.csv"]


def test_a_full_disk_is_told_and_leaves_the_old_file(tmp_path, monkeypatch):
    target = tmp_path / "a.jpg"
    target.write_bytes(b"old")

    def raise_full(_descriptor):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", raise_full)
    with pytest.raises(SourceError, match=r"cannot write .*a\.jpg: no space left there; free some"):
        atomic_write_bytes(b"new", target)
    assert target.read_bytes() == b"old"
    assert list_names(tmp_path) == ["a.jpg"]


def test_folders_are_made_where_that_can_be(tmp_path):
    with atomic_write(tmp_path / "a" / "b" / "c.jpg") as draft:
        draft.write_bytes(b"new")
    assert (tmp_path / "a" / "b" / "c.jpg").read_bytes() == b"new"
    with (
        pytest.raises(SourceError, match="cannot write"),
        atomic_write(tmp_path / "a" / "b" / "c.jpg" / "d"),
    ):
        pytest.fail("there is no such folder")


@pytest.mark.parametrize("kept", [False, True])
def test_what_ctrl_c_interrupted_goes_where_it_is_wanted(tmp_path, kept):
    target, part = tmp_path / "rows.csv", tmp_path / "rows.csv.part"
    with pytest.raises(KeyboardInterrupt):
        write_half(target, KeyboardInterrupt(), partial_output=part if kept else None)
    assert list_names(tmp_path) == (["rows.csv.part"] if kept else [])
    assert not kept or part.read_text() == "half"


def test_two_writers_do_not_meet(tmp_path):
    target = tmp_path / "a"
    with atomic_write(target) as one, atomic_write(target) as other:
        one.write_text("one")
        other.write_text("other")
    assert target.read_text() == "one"
    assert list_names(tmp_path) == ["a"]


def test_many_threads_write_one_file(tmp_path):
    target = tmp_path / "a"

    def write(number):
        for _ in range(20):
            atomic_write_bytes(b"%d" % number * 1000, target)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(target.read_bytes())) == 1
    assert list_names(tmp_path) == ["a"]


KILLED_WRITER = """
import os, sys, signal
from pathlib import Path
from packshot import files
if sys.argv[1] == "named":
    files._create_unnamed_draft = lambda folder: None
if sys.argv[2] == "replacing":
    os.replace = lambda *names: os.kill(os.getpid(), signal.SIGKILL)
with files.atomic_write(Path(sys.argv[3])) as draft:
    draft.write_text("half")
    if sys.argv[2] == "writing":
        os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.parametrize("moment", ["writing", "replacing"])
def test_a_killed_writer_leaves_nothing_that_the_next_one_does_not_remove(tmp_path, draft_kind, moment):
    target = tmp_path / "rows.csv"
    target.write_text("old")
    command = [sys.executable, "-c", KILLED_WRITER, draft_kind, moment, str(target)]
    done = subprocess.run(command, env={**os.environ, "PYTHONPATH": str(ROOT / "src")}, check=False)
    assert done.returncode == -signal.SIGKILL
    assert target.read_text() == "old"
    left = list_names(tmp_path)
    assert len(left) == 1 if (draft_kind, moment) == ("unnamed", "writing") else left[0].startswith(".")
    atomic_write_bytes(b"new", target)
    assert target.read_text() == "new"
    assert list_names(tmp_path) == ["rows.csv"]


def test_what_another_writer_holds_is_not_removed(tmp_path):
    target = tmp_path / "a"
    with atomic_write(target) as draft:
        draft.write_text("slow")
        atomic_write_bytes(b"quick", target)
        assert target.read_text() == "quick"
    assert target.read_text() == "slow"


@pytest.mark.parametrize("name", ["a" * 250 + ".jpg", "图" * 83 + ".jpg", "ü" * 126 + "abc"])
def test_a_name_may_be_as_long_as_a_name_can_be(tmp_path, name):
    for data in (b"one", b"two"):
        atomic_write_bytes(data, tmp_path / name)
    assert (tmp_path / name).read_bytes() == b"two"
    part = append_suffix(tmp_path / name, ".part")
    assert len(os.fsencode(part.name)) <= 255
    assert part.name.endswith(".part")
    with pytest.raises(KeyboardInterrupt):
        write_half(tmp_path / name, KeyboardInterrupt(), partial_output=part)
    assert part.read_text() == "half"


def test_a_short_name_gets_its_ending():
    assert append_suffix(files.Path("a/rows.csv"), ".part") == files.Path("a/rows.csv.part")


class TestPermissions:
    def test_a_new_file_is_as_any_new_file(self, tmp_path, umask):
        atomic_write_bytes(b"new", tmp_path / "a")
        assert read_mode(tmp_path / "a") == 0o666 & ~umask

    @pytest.mark.parametrize("kept", [0o600, 0o640, 0o664, 0o755])
    def test_another_file_keeps_those_it_had(self, tmp_path, kept, umask):
        (tmp_path / "a").write_bytes(b"old")
        (tmp_path / "a").chmod(kept)
        atomic_write_bytes(b"new", tmp_path / "a")
        assert read_mode(tmp_path / "a") == kept

    def test_a_private_file_is_private_at_every_moment(self, tmp_path, monkeypatch):
        (tmp_path / "a").write_bytes(b"old")
        (tmp_path / "a").chmod(0o600)
        modes = []
        fchmod, replace = os.fchmod, os.replace

        def record_modes(act):
            def act_and_record(*arguments):
                act(*arguments)
                modes.extend(read_mode(tmp_path / name) for name in list_names(tmp_path))

            return act_and_record

        monkeypatch.setattr(os, "fchmod", record_modes(fchmod))
        monkeypatch.setattr(os, "replace", record_modes(replace))
        atomic_write_bytes(b"new", tmp_path / "a")
        assert modes
        assert set(modes) == {0o600}

    @as_root
    def test_owner_and_group_stay(self, tmp_path):
        (tmp_path / "a").write_bytes(b"old")
        os.chown(tmp_path / "a", 1234, 4321)
        atomic_write_bytes(b"new", tmp_path / "a")
        found = (tmp_path / "a").stat()
        assert (found.st_uid, found.st_gid) == (1234, 4321)

    def test_an_owner_that_cannot_be_given_does_not_matter_but_another_group_gets_no_more(
        self, tmp_path, monkeypatch
    ):
        (tmp_path / "a").write_bytes(b"old")
        (tmp_path / "a").chmod(0o664)

        def raise_permission_error(*_arguments):
            raise PermissionError

        monkeypatch.setattr(os, "fchown", raise_permission_error)
        real = os.fstat

        def stat_with_another_group(descriptor):
            found = list(real(descriptor))
            found[5] += 1
            return os.stat_result(found)

        with atomic_write(tmp_path / "a") as draft:
            draft.write_text("new")
            monkeypatch.setattr(os, "fstat", stat_with_another_group)
        monkeypatch.undo()
        assert (tmp_path / "a").read_text() == "new"
        assert read_mode(tmp_path / "a") == 0o644

    def test_what_is_attached_to_a_file_stays(self, tmp_path):
        (tmp_path / "a").write_bytes(b"old")
        try:
            os.setxattr(tmp_path / "a", "user.shop", b"mugs")
        except OSError:
            pytest.skip("this file system attaches nothing to files")
        atomic_write_bytes(b"new", tmp_path / "a")
        assert os.getxattr(tmp_path / "a", "user.shop") == b"mugs"

    def test_times_are_new_unless_they_are_given(self, tmp_path):
        (tmp_path / "a").write_bytes(b"old")
        os.utime(tmp_path / "a", ns=(10**18, 10**18))
        atomic_write_bytes(b"new", tmp_path / "a")
        assert (tmp_path / "a").stat().st_mtime_ns > 10**18
        atomic_write_bytes(b"new", tmp_path / "a", times=(10**18 + 1, 10**18 + 2))
        assert (tmp_path / "a").stat().st_mtime_ns == 10**18 + 2

    @not_root
    def test_a_file_that_may_not_be_written_to_stays(self, tmp_path):
        (tmp_path / "a").write_bytes(b"old")
        (tmp_path / "a").chmod(0o444)
        with pytest.raises(SourceError, match="permission denied"):
            atomic_write_bytes(b"new", tmp_path / "a")
        assert (tmp_path / "a").read_bytes() == b"old"


class TestLinks:
    def test_a_link_stays_and_what_it_leads_to_is_written(self, tmp_path):
        (tmp_path / "here").mkdir()
        (tmp_path / "there").mkdir()
        (tmp_path / "there" / "a").write_bytes(b"old")
        (tmp_path / "here" / "link").symlink_to("../there/a")
        atomic_write_bytes(b"new", tmp_path / "here" / "link")
        assert (tmp_path / "here" / "link").is_symlink()
        assert (tmp_path / "there" / "a").read_bytes() == b"new"
        assert list_names(tmp_path / "here") + list_names(tmp_path / "there") == ["link", "a"]

    def test_a_link_to_nothing_yet(self, tmp_path):
        (tmp_path / "link").symlink_to("later/a")
        atomic_write_bytes(b"new", tmp_path / "link")
        assert (tmp_path / "later" / "a").read_bytes() == b"new"

    def test_another_hard_link_keeps_what_it_had(self, tmp_path):
        (tmp_path / "a").write_bytes(b"old")
        (tmp_path / "b").hardlink_to(tmp_path / "a")
        atomic_write_bytes(b"new", tmp_path / "a")
        assert (tmp_path / "b").read_bytes() == b"old"

    def test_a_loop_is_an_error(self, tmp_path):
        (tmp_path / "a").symlink_to("b")
        (tmp_path / "b").symlink_to("a")
        with pytest.raises(SourceError, match="cannot write"):
            atomic_write_bytes(b"new", tmp_path / "a")


def test_a_folder_that_cannot_be_is_told_before_the_work(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    check_writable_folder(tmp_path / "a" / "b")
    assert list_names(tmp_path) == ["file"]
    for folder in (tmp_path / "file", tmp_path / "file" / "b", files.Path(os.devnull)):
        with pytest.raises(SourceError, match="is not a folder"):
            check_writable_folder(folder)
    monkeypatch.setattr(os, "access", lambda *_, **__: False)
    with pytest.raises(SourceError, match="permission denied"):
        check_writable_folder(tmp_path / "a")


class TestNoRegularFiles:
    def test_a_folder_is_an_error_before_the_work(self, tmp_path):
        with pytest.raises(SourceError, match="it is a folder; name a file"):
            check_writable(tmp_path)
        with pytest.raises(SourceError, match="it is a folder"), atomic_write(tmp_path):
            pytest.fail("the work began")

    @as_root
    def test_a_device_is_written_through_to(self, tmp_path):
        device = tmp_path / "null"
        try:
            os.mknod(device, stat.S_IFCHR | 0o666, os.makedev(1, 3))
            atomic_write_bytes(b"gone", device)
        except (OSError, SourceError):
            pytest.skip("no devices can be made here")
        assert stat.S_ISCHR(device.stat().st_mode)
        assert list_names(tmp_path) == ["null"]

    def test_what_leads_to_a_device_too(self, tmp_path):
        (tmp_path / "link").symlink_to(os.devnull)
        atomic_write_bytes(b"gone", tmp_path / "link")
        assert (tmp_path / "link").is_symlink()
        assert stat.S_ISCHR(os.stat(os.devnull).st_mode)

    def test_a_device_that_is_full_is_told(self):
        if not os.path.exists("/dev/full"):
            pytest.skip("needs /dev/full")
        with pytest.raises(SourceError, match="cannot write /dev/full: no space left"):
            atomic_write_bytes(b"rows", files.Path("/dev/full"))

    def test_a_named_pipe_gets_what_is_written_as_it_is_written(self, tmp_path):
        pipe, received = tmp_path / "pipe", []
        os.mkfifo(pipe)
        reader = threading.Thread(target=lambda: received.append(pipe.read_bytes()))
        reader.start()
        with atomic_write(pipe, partial_output=tmp_path / "pipe.part") as path, path.open("w") as file:
            file.write("rows")
        reader.join(30)
        assert received == [b"rows"]
        assert stat.S_ISFIFO(pipe.stat().st_mode)
        assert list_names(tmp_path) == ["pipe"]

    def test_a_pipe_that_nobody_reads_any_more_is_no_fault_of_the_place(self, tmp_path):
        with pytest.raises(BrokenPipeError):
            write_half(tmp_path / "a", BrokenPipeError())

    def test_a_socket_stays(self, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind("s")
            with pytest.raises(SourceError, match="cannot write"):
                atomic_write_bytes(b"rows", tmp_path / "s")
            assert stat.S_ISSOCK((tmp_path / "s").stat().st_mode)

    def test_an_open_file_is_written_on_from_where_it_is(self, tmp_path):
        with (tmp_path / "a").open("wb", buffering=0) as file:
            file.write(b"before ")
            atomic_write_bytes(b"rows", files.Path(f"/dev/fd/{file.fileno()}"))
            atomic_write_bytes(b" and rows", files.Path(f"/proc/self/fd/{file.fileno()}"))
            file.write(b" after")
            assert os.path.samestat(os.fstat(file.fileno()), (tmp_path / "a").stat())
        assert (tmp_path / "a").read_bytes() == b"before rows and rows after"

    def test_what_ctrl_c_leaves_of_an_open_file_is_written_too(self, tmp_path):
        with (tmp_path / "a").open("wb") as file, pytest.raises(KeyboardInterrupt):
            write_half(files.Path(f"/dev/fd/{file.fileno()}"), KeyboardInterrupt())
        assert (tmp_path / "a").read_bytes() == b"half"


STANDARD_OUTPUT = """
from pathlib import Path
from packshot.files import atomic_write_bytes
print("before", flush=True)
atomic_write_bytes(b"rows\\n", Path("/dev/stdout"))
print("after")
"""


@pytest.mark.parametrize("where", ["pipe", "file", "socket"])
def test_standard_output_by_name(tmp_path, where):
    if not os.path.exists("/dev/stdout"):
        pytest.skip("needs /dev/stdout")
    command = [sys.executable, "-c", STANDARD_OUTPUT]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    if where == "pipe":
        found = subprocess.run(command, env=environment, capture_output=True, check=True).stdout
    elif where == "file":
        with (tmp_path / "out").open("wb") as file:
            subprocess.run(command, env=environment, stdout=file, check=True)
        found = (tmp_path / "out").read_bytes()
    else:
        ours, theirs = socket.socketpair()
        subprocess.run(command, env=environment, stdout=theirs, check=True)
        theirs.close()
        found = ours.makefile("rb").read()
        ours.close()
    assert found == b"before\nrows\nafter\n"


def test_all_that_writes_by_path_can_write_a_draft(tmp_path):
    with atomic_write(tmp_path / "a.npz") as draft, draft.open("wb") as file:
        np.savez_compressed(file, a=np.arange(5))
    with atomic_write(tmp_path / "a.parquet") as draft:
        pq.write_table(pa.table({"a": [1, 2]}), draft)
    book = openpyxl.Workbook(write_only=True)
    book.create_sheet().append(["a"])
    with atomic_write(tmp_path / "a.xlsx") as draft:
        book.save(draft)
    with np.load(tmp_path / "a.npz") as arrays:
        assert arrays["a"].tolist() == [0, 1, 2, 3, 4]
    assert pq.read_table(tmp_path / "a.parquet").to_pydict() == {"a": [1, 2]}
    assert openpyxl.load_workbook(tmp_path / "a.xlsx").active["A1"].value == "a"


class TestFolders:
    def test_a_folder_is_there_when_it_is_whole(self, tmp_path, umask):
        with atomic_write_folder(tmp_path / "set") as draft:
            (draft / "a").write_text("a")
            assert not (tmp_path / "set").exists()
            assert read_mode(draft) == 0o700
        assert list_names(tmp_path / "set") == ["a"]
        assert list_names(tmp_path) == ["set"]
        assert read_mode(tmp_path / "set") == 0o777 & ~umask

    def test_an_empty_one_is_filled(self, tmp_path):
        (tmp_path / "set").mkdir(mode=0o750)
        with atomic_write_folder(tmp_path / "set") as draft:
            (draft / "a").write_text("a")
        assert list_names(tmp_path / "set") == ["a"]
        assert read_mode(tmp_path / "set") == 0o750

    def test_one_that_was_filled_meanwhile_stays(self, tmp_path):
        def fill(folder):
            (folder / "a").write_text("a")
            (tmp_path / "set").mkdir()
            (tmp_path / "set" / "b").write_text("b")

        with (
            pytest.raises(SourceError, match="cannot write"),
            atomic_write_folder(tmp_path / "set") as draft,
        ):
            fill(draft)
        assert list_names(tmp_path / "set") == ["b"]
        assert list_names(tmp_path) == ["set"]

    def test_an_error_leaves_nothing(self, tmp_path):
        def fail(folder):
            (folder / "a").write_text("a")
            raise ValueError

        with pytest.raises(ValueError), atomic_write_folder(tmp_path / "set") as draft:  # noqa: PT011
            fail(draft)
        assert list_names(tmp_path) == []

    def test_what_a_killed_one_left_goes_with_the_next(self, tmp_path):
        script = (
            "import os, signal, sys; from pathlib import Path\n"
            "from packshot.files import atomic_write_folder\n"
            "with atomic_write_folder(Path(sys.argv[1])) as draft:\n"
            "    (draft / 'a').write_text('a'); os.kill(os.getpid(), signal.SIGKILL)\n"
        )
        environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
        command = [sys.executable, "-c", script, str(tmp_path / "set")]
        assert subprocess.run(command, env=environment, check=False).returncode == -signal.SIGKILL
        assert not (tmp_path / "set").exists()
        assert len(list_names(tmp_path)) == 1
        with atomic_write_folder(tmp_path / "set") as draft:
            (draft / "b").write_text("b")
        assert list_names(tmp_path) == ["set"]
        assert list_names(tmp_path / "set") == ["b"]
