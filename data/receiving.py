"""Files that arrive piece by piece: where they lie, how large they may be, and when what nobody fetched goes away.

Knows nothing of HTTP or of the screen. A session gets a *ticket*; a ticket begins files, each with a *token* of its own; the
bytes of a file are appended at the place the desk says; a whole file is fetched once. Tickets and tokens are random, paths are
ours, and the sender's name for a file is only ever a label.

<folder>/preparing-<process>-<random>/   what one process has: files on their way, or the files of one import
"""

from __future__ import annotations

import errno
import os
import re
import secrets
import shutil
import threading
import time
import uuid
import weakref
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, ClassVar, Literal

from data.errors import FileProblem, RequestProblem, WorkspaceProblem
from data.files import is_dead, writing
from data.messages import say
from data.uploads import Upload

LARGEST = "SHIMUR_UPLOAD_MB"
MB = 2**20
DEFAULT_MB = 2048
# All files of a session together, beside its largest file.
FILES_OF_A_SESSION = 2
MOST_FILES = 200
# Left free on the disk: an import and everything else on the machine write too.
ROOM = 256 * MB
# A file no byte arrives for is given up: sooner when the page that sent it is gone for good.
IDLE_SECONDS = 60 * 60
ORPHANED_SECONDS = 10 * 60
# What a process left that we cannot ask about.
FORGOTTEN_SECONDS = 24 * 60 * 60
LONGEST_NAME = 200
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]")
_DISK = {errno.ENOSPC, errno.EDQUOT} if hasattr(errno, "EDQUOT") else {errno.ENOSPC}

Why = Literal["unknown", "too_large", "too_much", "too_many", "no_room", "not_written", "out_of_step", "too_long"]


class Refused(Exception):
    """Why nothing is received; `offset` is how much of the file is there, where there is one."""

    def __init__(self, why: Why, offset: int | None = None) -> None:
        super().__init__(why)
        self.why = why
        self.offset = offset


def largest() -> int:
    """How large a file may be, in bytes, as `SHIMUR_UPLOAD_MB` says. Raises RequestProblem where that is no such number."""
    given = os.environ.get(LARGEST) or str(DEFAULT_MB)
    try:
        size = float(given)
    except ValueError:
        size = 0.0
    if not 0 < size < float("inf"):
        raise RequestProblem(
            say("{setting} is {given}, which is no size of a file.", setting=LARGEST, given=repr(given)),
            say("Write a number of megabytes above 0, or leave it out for {default}.", default=DEFAULT_MB),
        )
    return int(size * MB)


def label(name: str) -> str:
    """What a file is called on screen: the last part of the sender's name, without what would act on the words around it."""
    plain = name.encode("utf-8", "replace").decode("utf-8")
    last = _CONTROLS.sub("", plain.replace("\\", "/").rstrip("/").rpartition("/")[2]).strip()
    if len(last) > LONGEST_NAME:
        stem, dot, ending = last.rpartition(".")
        ending = dot + ending if stem and len(ending) < 10 else ""
        last = last[: LONGEST_NAME - len(ending)] + ending
    return "file" if last in {"", ".", ".."} else last


class Folder:
    """A folder that goes with whoever holds this: a session that ends, or the process. Raises WorkspaceProblem."""

    _held: ClassVar[weakref.WeakSet[Folder]] = weakref.WeakSet()

    def __init__(self, parent: Path) -> None:
        self.path = parent / f"preparing-{os.getpid()}-{uuid.uuid4().hex}"
        self.bytes = 0
        with writing(parent):
            parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self.path.mkdir(mode=0o700)
        self.close = weakref.finalize(self, shutil.rmtree, self.path, ignore_errors=True)
        Folder._held.add(self)

    @classmethod
    def held(cls) -> list[Folder]:
        """Those in use in this process."""
        return [folder for folder in list(cls._held) if folder.close.alive]


def sweep_left(parent: Path, now: float | None = None) -> list[Path]:
    """Remove what processes that ended without tidying left in `parent`, and say which; mark ours as in use.

    `now` is in seconds since 1970.
    """
    ours = {folder.path for folder in Folder.held()}
    limit = (time.time() if now is None else now) - FORGOTTEN_SECONDS
    gone = []
    for path in parent.glob("preparing-*"):
        with suppress(OSError):
            if path in ours:
                os.utime(path)
            elif is_dead(path.name) or path.stat().st_mtime < limit:
                shutil.rmtree(path, ignore_errors=True)
                gone.append(path)
    return gone


@dataclass
class _Arriving:
    """A file on its way; `turn` counts who writes it: the latest sender alone may."""

    path: Path
    name: str
    size: int
    ticket: str
    owner: str
    seen: float
    received: int = 0
    turn: int = 0
    busy: int = 0
    is_gone: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def is_whole(self) -> bool:
        return self.received == self.size


class Ticket:
    """What a session holds to send files; when the session is gone, so are, a little later, the files nobody fetched."""

    def __init__(self, value: str, left: Callable[[str], None]) -> None:
        self.value = value
        weakref.finalize(self, left, value)


class Desk:
    """Where the files of one process arrive, under `parent`; a file has at most `largest` bytes."""

    def __init__(self, parent: Path, largest: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.parent = parent
        self.largest = largest
        self.total = FILES_OF_A_SESSION * largest
        self._clock = clock
        self._lock = threading.Lock()
        self._folder: Folder | None = None
        self._owners: dict[str, str] = {}
        self._arriving: dict[str, _Arriving] = {}
        self._taken: dict[str, weakref.WeakSet[Folder]] = {}
        # Added to by finalizers, which run at any moment in any thread: no lock is taken for it.
        self._left: set[str] = set()

    def ticket(self, owner: str = "") -> Ticket:
        """A new ticket. What it begins is known to the same `owner` only."""
        value = secrets.token_urlsafe(32)
        with self._lock:
            self._owners[value] = owner
        return Ticket(value, self._left.add)

    def begin(self, ticket: str, name: str, size: int, owner: str = "") -> str:
        """Expect a file of exactly `size` bytes; returns its token. Raises Refused."""
        self.sweep()
        with self._lock:
            if self._owners.get(ticket) != owner:
                raise Refused("unknown")
            if size > self.largest:
                raise Refused("too_large")
            mine = [each for each in self._arriving.values() if each.ticket == ticket]
            kept = sum(folder.bytes for folder in self._taken.get(ticket, ()) if folder.close.alive)
            if sum(each.size for each in mine) + kept + size > self.total:
                raise Refused("too_much")
            if len(mine) >= MOST_FILES:
                raise Refused("too_many")
            path = self._room_for(size)
            token = secrets.token_urlsafe(32)
            self._arriving[token] = _Arriving(path, label(name), size, ticket, owner, self._clock())
        return token

    def _room_for(self, size: int) -> Path:
        """Make the empty file, where there is room for it and for what the others still expect."""
        try:
            if self._folder is None or not self._folder.path.is_dir():
                self._folder = Folder(self.parent)
            expected = sum(each.size - each.received for each in self._arriving.values())
            if shutil.disk_usage(self._folder.path).free - expected - size < ROOM:
                raise Refused("no_room")
            path = self._folder.path / uuid.uuid4().hex
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
            return path
        except (OSError, WorkspaceProblem) as problem:
            raise _of_disk(problem) from problem

    def offset(self, token: str, owner: str = "") -> tuple[int, int]:
        """How many bytes of a file are there, and how many it has. Raises Refused."""
        arriving = self._known(token, owner)
        return arriving.received, arriving.size

    @contextmanager
    def appending(self, token: str, offset: int, owner: str = "") -> Iterator[Callable[[bytes | bytearray], int]]:
        """Give a function that appends bytes to a file from `offset` on, which is where it ends, and returns where it ends then.

        Whoever appended before and still does is refused from now on: a sender that came back is the one to listen to.
        Raises Refused, also from that function.
        """
        arriving = self._known(token, owner)
        with arriving.lock:
            if arriving.is_gone:
                raise Refused("unknown")
            if offset != arriving.received:
                raise Refused("out_of_step", arriving.received)
            arriving.turn += 1
            arriving.busy += 1
            turn = arriving.turn
        try:
            try:
                file = arriving.path.open("r+b", buffering=0)
            except OSError as problem:
                raise _of_disk(problem, arriving.received) from problem
            with file:
                yield lambda data: self._append(arriving, turn, file, data)
        finally:
            with arriving.lock:
                arriving.busy -= 1
                arriving.seen = self._clock()
                _remove_if_gone(arriving)

    def _append(self, arriving: _Arriving, turn: int, file: BinaryIO, data: bytes | bytearray) -> int:
        with arriving.lock:
            if arriving.is_gone:
                raise Refused("unknown")
            if turn != arriving.turn:
                raise Refused("out_of_step", arriving.received)
            if arriving.received + len(data) > arriving.size:
                raise Refused("too_long", arriving.received)
            try:
                file.seek(arriving.received)
                rest = memoryview(data)
                while rest:
                    rest = rest[file.write(rest) :]
            except OSError as problem:
                raise _of_disk(problem, arriving.received) from problem
            arriving.received += len(data)
            arriving.seen = self._clock()
            return arriving.received

    def cancel(self, token: str, owner: str = "") -> None:
        """Drop a file, whole or not. Raises Refused where it is not known."""
        arriving = self._known(token, owner)
        with self._lock:
            self._arriving.pop(token, None)
        with arriving.lock:
            arriving.is_gone = True
            _remove_if_gone(arriving)

    def take(self, tokens: Sequence[str], owner: str = "") -> tuple[Folder, list[Upload]]:
        """Fetch whole files, once, into a folder that goes with whoever holds it. Raises FileProblem, and then none is fetched."""
        with self._lock:
            found = [self._arriving.get(token) for token in dict.fromkeys(tokens)]
            whole = [each for each in found if each is not None and each.owner == owner and each.is_whole]
            if not whole or len(whole) < len(found):
                raise FileProblem(say("A file that was sent is not here any more."), say("Choose the files again."))
            folder = Folder(self.parent)
            for token in tokens:
                self._arriving.pop(token, None)
            for each in whole:
                self._taken.setdefault(each.ticket, weakref.WeakSet()).add(folder)
        uploads = []
        with writing(folder.path):
            for place, each in enumerate(whole):
                path = folder.path / str(place)
                os.replace(each.path, path)
                folder.bytes += each.size
                uploads.append(Upload(path, each.name))
        return folder, uploads

    def sweep(self) -> int:
        """Drop the files that nothing arrived for in a while, and the tickets of sessions that ended; returns how many files."""
        now = self._clock()
        old = []
        with self._lock:
            for token, each in list(self._arriving.items()):
                limit = ORPHANED_SECONDS if each.ticket in self._left else IDLE_SECONDS
                if not each.busy and now - each.seen > limit:
                    old.append(self._arriving.pop(token))
            used = {each.ticket for each in self._arriving.values()}
            for ticket in [value for value in list(self._left) if value not in used]:
                self._left.discard(ticket)
                self._owners.pop(ticket, None)
                self._taken.pop(ticket, None)
        for each in old:
            with each.lock:
                each.is_gone = True
                _remove_if_gone(each)
        return len(old)

    def _known(self, token: str, owner: str) -> _Arriving:
        with self._lock:
            found = self._arriving.get(token)
            if found is None or found.owner != owner:
                raise Refused("unknown")
            found.seen = self._clock()
        return found


def _remove_if_gone(arriving: _Arriving) -> None:
    """Remove the file once nobody writes it: Windows removes none that is open."""
    if arriving.is_gone and not arriving.busy:
        with suppress(OSError):
            arriving.path.unlink(missing_ok=True)


def _of_disk(problem: BaseException, offset: int | None = None) -> Refused:
    """Whether the disk is full, or is not to be written for another reason."""
    cause = problem if isinstance(problem, OSError) else problem.__cause__
    return Refused("no_room" if getattr(cause, "errno", None) in _DISK else "not_written", offset)
