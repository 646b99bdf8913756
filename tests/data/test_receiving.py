"""Files that arrive in pieces: where they may go, how large they may be, and that none stays behind."""

import errno
import gc
import os
import shutil
import threading
import uuid

import pytest

from data import receiving
from data.errors import FileProblem, RequestProblem, WorkspaceProblem
from data.receiving import MB, Desk, Folder, Refused, label, largest, sweep_left


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def desk(tmp_path, clock):
    return Desk(tmp_path / "receiving", 100, clock)


@pytest.fixture
def ticket(desk):
    return desk.ticket()


def send(desk, token, data, offset=0, owner=""):
    with desk.appending(token, offset, owner) as append:
        return append(data)


def why(error):
    return error.value.why


def files_under(folder):
    return sorted(path for path in folder.rglob("*") if path.is_file())


def test_pieces_become_the_file_and_it_is_fetched_once(desk, ticket):
    token = desk.begin(ticket.value, "deals.csv", 10)
    assert send(desk, token, b"0123") == 4
    assert desk.offset(token) == (4, 10)
    assert send(desk, token, b"456789", 4) == 10
    folder, uploads = desk.take([token])
    assert [(upload.name, upload.path.read_bytes()) for upload in uploads] == [("deals.csv", b"0123456789")]
    with pytest.raises(FileProblem):
        desk.take([token])
    folder.close()
    assert files_under(desk.parent) == []


def test_several_keep_the_order_they_are_asked_for_in(desk, ticket):
    one, two = (desk.begin(ticket.value, name, 1) for name in ("one.csv", "two.csv"))
    for token in (one, two):
        send(desk, token, b"x")
    _folder, uploads = desk.take([two, one])
    assert [upload.name for upload in uploads] == ["two.csv", "one.csv"]


def test_an_empty_file_is_whole_at_once(desk, ticket):
    _folder, [upload] = desk.take([desk.begin(ticket.value, "empty.csv", 0)])
    assert upload.path.read_bytes() == b""


def test_a_file_that_is_not_whole_is_not_fetched_and_nothing_with_it(desk, ticket):
    half, whole = desk.begin(ticket.value, "half.csv", 2), desk.begin(ticket.value, "whole.csv", 1)
    send(desk, half, b"1")
    send(desk, whole, b"1")
    with pytest.raises(FileProblem):
        desk.take([half, whole])
    _folder, [upload] = desk.take([whole])
    assert upload.name == "whole.csv"


def test_a_piece_goes_where_the_file_ends_and_nowhere_else(desk, ticket):
    token = desk.begin(ticket.value, "deals.csv", 10)
    send(desk, token, b"0123")
    for offset in (0, 3, 5):
        with pytest.raises(Refused) as refused:
            send(desk, token, b"x", offset)
        assert (why(refused), refused.value.offset) == ("out_of_step", 4)


def test_the_size_that_was_said_is_never_exceeded(desk, ticket):
    token = desk.begin(ticket.value, "deals.csv", 4)
    with pytest.raises(Refused) as refused:
        send(desk, token, b"01234")
    assert why(refused) == "too_long"
    assert desk.offset(token) == (0, 4)
    assert [path.stat().st_size for path in files_under(desk.parent)] == [0]


def test_who_comes_back_takes_over_from_who_hangs(desk, ticket):
    token = desk.begin(ticket.value, "deals.csv", 6)
    with desk.appending(token, 0) as hanging:
        hanging(b"ab")
        with desk.appending(token, 2) as back:
            back(b"cd")
            with pytest.raises(Refused) as refused:
                hanging(b"XX")
            assert (why(refused), refused.value.offset) == ("out_of_step", 4)
            back(b"ef")
    _folder, [upload] = desk.take([token])
    assert upload.path.read_bytes() == b"abcdef"


def test_two_that_send_at_once_never_mix(desk, ticket):
    token = desk.begin(ticket.value, "deals.csv", 100)
    barrier, sent = threading.Barrier(2), []

    def sender(letter):
        barrier.wait()
        for _ in range(200):
            try:
                offset = desk.offset(token)[0]
                if offset == 100:
                    return
                send(desk, token, letter * 5, offset)
                sent.append(letter)
            except Refused:
                pass

    threads = [threading.Thread(target=sender, args=(letter,)) for letter in (b"a", b"b")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    _folder, [upload] = desk.take([token])
    data = upload.path.read_bytes()
    assert len(data) == 100 and len(sent) == 20
    assert {data[at : at + 5] for at in range(0, 100, 5)} <= {b"aaaaa", b"bbbbb"}


# limits


def test_a_file_above_the_limit_is_refused_before_a_byte_is_sent(desk, ticket):
    desk.begin(ticket.value, "fits.csv", 100)
    with pytest.raises(Refused) as refused:
        desk.begin(ticket.value, "large.csv", 101)
    assert why(refused) == "too_large"


def test_a_session_has_a_limit_for_all_its_files_also_those_it_fetched(desk, ticket):
    first = desk.begin(ticket.value, "a.csv", 100)
    send(desk, first, b"x" * 100)
    folder, _uploads = desk.take([first])
    second = desk.begin(ticket.value, "b.csv", 100)
    with pytest.raises(Refused) as refused:
        desk.begin(ticket.value, "c.csv", 1)
    assert why(refused) == "too_much"
    another = desk.ticket()
    desk.begin(another.value, "of_another_session.csv", 100)
    desk.cancel(second)
    folder.close()
    desk.begin(ticket.value, "a.csv", 100)


def test_a_session_has_a_limit_for_how_many(desk, ticket, monkeypatch):
    monkeypatch.setattr(receiving, "MOST_FILES", 2)
    for name in ("a.csv", "b.csv"):
        desk.begin(ticket.value, name, 1)
    with pytest.raises(Refused) as refused:
        desk.begin(ticket.value, "c.csv", 1)
    assert why(refused) == "too_many"


def test_a_full_disk_is_said_before_and_counts_what_is_still_expected(desk, ticket, monkeypatch):
    free = receiving.ROOM + 120
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: type("Usage", (), {"free": free}))
    desk.begin(ticket.value, "a.csv", 100)
    with pytest.raises(Refused) as refused:
        desk.begin(ticket.value, "b.csv", 21)
    assert why(refused) == "no_room"
    desk.begin(ticket.value, "b.csv", 20)


class Full:
    """A file on a disk with room for a few more bytes."""

    def __init__(self, file, room):
        self.file, self.room = file, room

    def seek(self, place):
        self.file.seek(place)

    def write(self, data):
        if not self.room:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        took = self.file.write(data[: self.room])
        self.room -= took
        return took


def test_a_disk_that_fills_up_in_between_leaves_what_arrived_and_it_goes_on(desk, ticket):
    token = desk.begin(ticket.value, "deals.csv", 8)
    send(desk, token, b"0123")
    arriving = desk._arriving[token]
    with arriving.path.open("r+b", buffering=0) as file, pytest.raises(Refused) as refused:
        desk._append(arriving, arriving.turn, Full(file, 2), b"4567")
    assert (why(refused), refused.value.offset) == ("no_room", 4)
    assert send(desk, token, b"4567", 4) == 8
    _folder, [upload] = desk.take([token])
    assert upload.path.read_bytes() == b"01234567"


def test_a_folder_that_cannot_be_written_is_said(tmp_path):
    (tmp_path / "file").write_text("in the way")
    desk = Desk(tmp_path / "file" / "receiving", 100)
    ticket = desk.ticket()
    with pytest.raises(Refused) as refused:
        desk.begin(ticket.value, "deals.csv", 1)
    assert why(refused) == "not_written"
    with pytest.raises(WorkspaceProblem):
        Folder(tmp_path / "file" / "receiving")


@pytest.mark.parametrize(("given", "bytes_"), [("", 2048 * MB), ("1", MB), ("0.5", MB // 2)])
def test_the_limit_is_a_setting(monkeypatch, given, bytes_):
    monkeypatch.setenv("SHIMUR_UPLOAD_MB", given)
    assert largest() == bytes_


@pytest.mark.parametrize("given", ["much", "0", "-1", "inf", "nan"])
def test_a_limit_that_is_none_is_said(monkeypatch, given):
    monkeypatch.setenv("SHIMUR_UPLOAD_MB", given)
    with pytest.raises(RequestProblem, match=r"SHIMUR_UPLOAD_MB is .*Write a number of megabytes above 0"):
        largest()


# who may


def test_nobody_else_reaches_a_file(desk):
    mine = desk.ticket("me")
    token = desk.begin(mine.value, "deals.csv", 1, "me")
    for refused_one in (
        lambda: desk.begin(mine.value, "more.csv", 1, "you"),
        lambda: desk.begin("no ticket", "more.csv", 1),
        lambda: desk.begin(token, "more.csv", 1, "me"),
        lambda: desk.offset(token, "you"),
        lambda: send(desk, token, b"x", 0, "you"),
        lambda: desk.cancel(token, "you"),
        lambda: desk.offset(mine.value, "me"),
    ):
        with pytest.raises(Refused) as refused:
            refused_one()
        assert why(refused) == "unknown"
    send(desk, token, b"x", 0, "me")
    with pytest.raises(FileProblem):
        desk.take([token], "you")
    desk.take([token], "me")


def test_tokens_are_long_and_no_two_alike(desk, ticket):
    tokens = [ticket.value, *(desk.begin(ticket.value, "a.csv", 0) for _ in range(50))]
    assert len(set(tokens)) == 51 and min(map(len, tokens)) >= 43


@pytest.mark.parametrize(
    "name",
    [
        "../../etc/passwd",
        "..\\..\\boot.ini",
        "/etc/passwd",
        "a\0b.csv",
        "",
        "..",
        "‮vsc.slaed",
        "\ud800.csv",
        "x" * 5000,
    ],
)
def test_the_senders_name_is_a_label_and_never_a_path(desk, ticket, name):
    token = desk.begin(ticket.value, name, 1)
    send(desk, token, b"x")
    assert all(desk.parent in path.parents for path in files_under(desk.parent.parent))
    folder, [upload] = desk.take([token])
    assert upload.path == folder.path / "0"
    assert 0 < len(upload.name) <= 200
    assert not set(upload.name) & set("/\\\0‮\ud800")


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("עסקאות 2026.xlsx", "עסקאות 2026.xlsx"),
        ("../../etc/passwd", "passwd"),
        ("C:\\fakepath\\deals.csv", "deals.csv"),
        ("deals‮vsc.exe", "dealsvsc.exe"),
        ("two\nlines.csv", "twolines.csv"),
        ("...", "..."),
        (" ", "file"),
        ("x" * 300 + ".csv", "x" * 196 + ".csv"),
    ],
)
def test_what_a_file_is_called(name, shown):
    assert label(name) == shown


def test_a_link_in_the_way_is_not_followed(desk, ticket, tmp_path, monkeypatch):
    victim = tmp_path / "victim"
    victim.write_text("mine")
    desk.begin(ticket.value, "first.csv", 1)
    name = "0" * 32
    (desk._folder.path / name).symlink_to(victim)
    monkeypatch.setattr(uuid, "uuid4", lambda: type("Known", (), {"hex": name}))
    with pytest.raises(Refused):
        desk.begin(ticket.value, "second.csv", 1)
    assert victim.read_text() == "mine"


# what goes away


def test_a_cancelled_file_is_gone_at_once(desk, ticket):
    token = desk.begin(ticket.value, "deals.csv", 4)
    send(desk, token, b"01")
    desk.cancel(token)
    assert files_under(desk.parent) == []
    with pytest.raises(Refused):
        send(desk, token, b"23", 2)


def test_cancelled_while_it_is_sent(desk, ticket):
    token = desk.begin(ticket.value, "deals.csv", 4)
    with desk.appending(token, 0) as append:
        append(b"01")
        desk.cancel(token)
        with pytest.raises(Refused) as refused:
            append(b"23")
    assert why(refused) == "unknown"
    assert files_under(desk.parent) == []


def test_a_file_nothing_arrives_for_is_dropped(desk, ticket, clock):
    token = desk.begin(ticket.value, "deals.csv", 4)
    clock.now = receiving.IDLE_SECONDS
    assert desk.sweep() == 0
    send(desk, token, b"0")
    clock.now *= 2
    assert desk.sweep() == 0
    clock.now += 1
    assert desk.sweep() == 1
    assert files_under(desk.parent) == []


def test_one_that_is_being_sent_is_not(desk, ticket, clock):
    token = desk.begin(ticket.value, "deals.csv", 4)
    with desk.appending(token, 0) as append:
        clock.now = 10 * receiving.IDLE_SECONDS
        assert desk.sweep() == 0
        append(b"0123")
    assert desk.sweep() == 0


def test_when_a_session_ends_its_files_go_soon_and_its_ticket_with_them(desk, clock):
    ticket = desk.ticket()
    value = ticket.value
    token = desk.begin(value, "deals.csv", 4)
    del ticket
    gc.collect()
    clock.now = receiving.ORPHANED_SECONDS
    assert desk.sweep() == 0  # the page may be back in a moment
    send(desk, token, b"0123")
    clock.now += receiving.ORPHANED_SECONDS + 1
    assert desk.sweep() == 1
    with pytest.raises(Refused) as refused:
        desk.begin(value, "more.csv", 1)
    assert why(refused) == "unknown"
    assert not desk._owners and not desk._arriving


def test_a_folder_goes_with_who_holds_it(tmp_path):
    folder = Folder(tmp_path)
    path = folder.path
    (path / "0").write_text("x")
    del folder
    gc.collect()
    assert not path.exists()


def test_what_a_killed_process_left_is_swept_and_what_is_in_use_is_not(tmp_path, monkeypatch):
    ours = Folder(tmp_path)
    dead, living = (tmp_path / f"preparing-{pid}-x" for pid in (2**22 + 1, 1))
    for path in (dead, living, tmp_path / "something-else"):
        path.mkdir()
    monkeypatch.setattr(receiving, "is_dead", lambda name: name == dead.name)
    assert sweep_left(tmp_path) == [dead]
    later = os.stat(living).st_mtime + receiving.FORGOTTEN_SECONDS + 1
    assert sweep_left(tmp_path, later) == [living]
    assert ours.path.exists() and (tmp_path / "something-else").exists()


def test_only_the_owner_of_the_machine_may_look(desk, ticket):
    if os.name == "nt":
        pytest.skip("Windows keeps rights otherwise")
    desk.begin(ticket.value, "deals.csv", 1)
    [file] = files_under(desk.parent)
    assert [oct(path.stat().st_mode & 0o777) for path in (desk.parent, file.parent, file)] == [
        "0o700",
        "0o700",
        "0o600",
    ]
