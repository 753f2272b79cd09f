"""Brings remote repositories onto this machine as bare, bounded, partial clones that are only ever read.

The git program does it, not libgit2, which cannot leave out what is not needed (`--filter`) and has no time limit of its own.
Whatever a server sends stays data: the clone is bare, so no file is written, no filter or LFS smudge runs, and no submodule
is followed; hooks, templates and the user's and the machine's configuration are left out; only the protocols that the caller
allows are spoken, and no redirection is followed. The token goes to git as a header through the environment: it is on no
command line and in no file.

What is fetched: the files of the newest commit up to the size a scan reads, and of the commits before it, as many as a scan
looks at, only messages and parents. A new clone is made aside and moved into place when it is whole.
"""

from __future__ import annotations

import base64
import contextlib
import fcntl
import os
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from assessor.errors import UsageError
from assessor.observing import Access
from assessor.redaction import printable, redact

from .cache import cache_file
from .disk import MAX_BYTES
from .history import COMMITS
from .target import is_bare

MAX_SAID = 16 * 1024**2  # bytes that a git program may print
MAX_PACKS = 50  # each update adds some; a clone with more is made anew
_ADDRESS = re.compile(r"[\w.~+:/@\[\]-]+", re.ASCII)
_PART = re.compile(r"[\w.~+-]{1,200}", re.ASCII)
_KEPT = (
    "PATH", "TMPDIR", "SSL_CERT_FILE", "SSL_CERT_DIR", "GIT_SSL_CAINFO", "GIT_SSL_CAPATH",
    "http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY",
)  # fmt: skip
_SSH = ("HOME", "SSH_AUTH_SOCK")
_SETTINGS = (
    "core.bigFileThreshold=16m", "core.fsmonitor=false", "core.hooksPath=/dev/null", "credential.helper=",
    "fetch.recurseSubmodules=no", "fetch.unpackLimit=1", "gc.auto=0", "http.followRedirects=false", "http.lowSpeedLimit=1000",
    "http.lowSpeedTime=60", "maintenance.auto=false", "pack.threads=1", "transfer.bundleURI=false",
)  # fmt: skip


class CloneError(Exception):
    """A repository that could not be brought here; the message says why and holds no credentials."""


@dataclass(frozen=True, slots=True)
class Remote:
    """A repository elsewhere: its address without credentials, and the branch to read ("": the remote's own default)."""

    address: str
    branch: str = ""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one clone may cost."""

    seconds: float = 900
    size: int = 2 * 1024**3  # bytes on disk
    commits: int = COMMITS + 1  # the parents of the last one are hidden


def clones_folder() -> Path:
    """Return where clones are kept unless the user names a folder: below ``$XDG_CACHE_HOME``, or ``~/.cache``."""
    return cache_file().parent / "clones"


def location(folder: Path, address: str) -> Path:
    """Return where a remote is kept: host, owner and name as folders; raises `CloneError` for an address with other parts."""
    parts = urlsplit(address)
    if not parts.scheme or not (parts.netloc or parts.scheme == "file"):
        raise CloneError("its address is no URL")
    if not _ADDRESS.fullmatch(address):
        raise CloneError("its address has characters that none needs")
    host = parts.netloc.rpartition("@")[2].replace(":", "_") or "local"
    names = [host, *parts.path.strip("/").removesuffix(".git").split("/")]
    if not all(_PART.fullmatch(name) and name.strip(".") for name in names):
        raise CloneError("its address has parts that cannot be names of folders")
    *folders, name = names
    return folder.joinpath(*folders, name + ".git")


def clone_all(
    remotes: Sequence[Remote],
    folder: Path,
    access: Access,
    *,
    jobs: int = 0,
    limits: Limits = Limits(),
    progress: Callable[[Remote], object] = lambda _remote: None,
) -> Iterator[tuple[Remote, Path | CloneError]]:
    """Clone or update every remote, several at once; yield each, in the order given, with where it is or why it is not.

    Raises `UsageError` where git is missing or the folder cannot be written.
    """
    _ready(folder)
    stop = threading.Event()
    threads: set[threading.Thread] = set()

    def one(remote: Remote) -> Path | CloneError:
        threads.add(threading.current_thread())
        try:
            return _Cloning(remote, folder, access, limits, stop).run()
        except CloneError as error:
            return error
        except OSError as error:
            return CloneError(f"cannot be kept: {error.strerror}")

    with ThreadPoolExecutor(max_workers=jobs or 8, thread_name_prefix="clone") as pool:
        try:
            futures = {pool.submit(one, remote): remote for remote in remotes}
            for done in as_completed(futures):
                progress(futures[done])
        except BaseException:
            stop.set()  # ends the git programs that are at work
            pool.shutdown(cancel_futures=True)
            for thread in list(threads):  # the pool does not know one whose start was interrupted
                thread.join()
            raise
    yield from ((remote, future.result()) for future, remote in futures.items())


def clone(remote: Remote, folder: Path, access: Access, limits: Limits = Limits()) -> Path:
    """Clone or update one remote and return where it is; raises `CloneError`, or `UsageError` as `clone_all` does."""
    _ready(folder)
    return _Cloning(remote, folder, access, limits, threading.Event()).run()


def _ready(folder: Path) -> None:
    if shutil.which("git") is None:
        raise UsageError("git is not installed, and repositories are cloned with it", "Install git 2.31 or later.")
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise UsageError(f"{folder}: clones cannot be kept here: {error.strerror}", "Name a folder with --clones.") from error


class _Cloning:
    """One remote being cloned or updated."""

    def __init__(self, remote: Remote, folder: Path, access: Access, limits: Limits, stop: threading.Event) -> None:
        self.remote = remote
        self.access = access
        self.limits = limits
        self.stop = stop
        self.deadline = time.monotonic() + limits.seconds
        scheme = urlsplit(remote.address).scheme
        if scheme not in access.protocols:
            raise CloneError(f"its address is not one of {', '.join(access.protocols)}: {scheme or 'a path'}")
        if "@" in urlsplit(remote.address).netloc and scheme != "ssh":
            raise CloneError("its address holds credentials")
        self.target = location(folder, remote.address)

    def run(self) -> Path:
        """Return the clone's folder once it holds the newest commit."""
        self._check()  # nothing is begun once the scan was stopped
        self.target.parent.mkdir(parents=True, exist_ok=True)
        with self._alone():
            if is_bare(self.target) and len(list(self.target.glob("objects/pack/*.pack"))) <= MAX_PACKS:
                with contextlib.suppress(CloneError):
                    self._fetch(self.target)
                    return self.target
                self._check()
            self._anew()
        return self.target

    def _anew(self) -> None:
        """Clone aside, then put the clone in place of what is there."""
        for left in self.target.parent.glob(f".{self.target.name}.*.part"):
            shutil.rmtree(left, ignore_errors=True)  # by a run that was interrupted: we hold the lock
        part = Path(tempfile.mkdtemp(prefix=f".{self.target.name}.", suffix=".part", dir=self.target.parent))
        try:
            self._git(part, "init", "--quiet", "--bare", "--template=", str(part))
            self._fetch(part)
            shutil.rmtree(self.target, ignore_errors=True)
            part.rename(self.target)
        finally:
            shutil.rmtree(part, ignore_errors=True)

    def _fetch(self, git: Path) -> None:
        self._configure(git)
        branch = self.remote.branch or self._default_branch(git)
        ref = f"refs/heads/{branch}"
        fetch = ("fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--force", "--update-head-ok")
        self._git(git, *fetch, "--depth=1", f"--filter=blob:limit={MAX_BYTES + 1}", "origin", f"{ref}:{ref}")
        self._git(git, *fetch, f"--depth={self.limits.commits}", "--filter=tree:0", "origin", f"{ref}:{ref}")
        self._git(git, "symbolic-ref", "HEAD", ref)
        self._configure(git)

    def _default_branch(self, git: Path) -> str:
        said = self._git(git, "ls-remote", "--symref", "origin", "HEAD")
        found = re.search(r"^ref: refs/heads/(\S+)\tHEAD$", said, re.M)
        if not found:
            raise CloneError("it is empty: it has no branch")
        return found.group(1)

    def _configure(self, git: Path) -> None:
        """Write the clone's configuration: ours, whatever stood there, and one that libgit2 can read.

        libgit2 knows no partial clones, and only ever looks for what is there.
        """
        new = git / "config.new"
        new.write_text(
            f'[core]\n\trepositoryformatversion = 0\n\tbare = true\n[remote "origin"]\n\turl = {self.remote.address}\n'
        )
        new.replace(git / "config")

    def _git(self, git: Path, *arguments: str) -> str:
        """Run git in a clone within the limits and return what it says; raises `CloneError`."""
        self._check()
        settings = [word for setting in _SETTINGS for word in ("-c", setting)]
        partial = ("-c", "remote.origin.promisor=true")  # what is missing was left out on purpose
        command = ("git", *settings, *partial, "--git-dir", str(git), *arguments)
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            process = subprocess.Popen(  # noqa: S603  our own words; an address and a branch are arguments, and checked
                command, stdin=subprocess.DEVNULL, stdout=out, stderr=err, env=self._environment(), start_new_session=True
            )
            try:
                while _running(process):
                    self._check(git)
                    if max(os.fstat(file.fileno()).st_size for file in (out, err)) > MAX_SAID:
                        raise CloneError("the server says more than it should")
            finally:
                _end(process)
            out.seek(0)
            err.seek(0)
            if process.returncode:
                raise CloneError(_reason(err.read(65536), process.returncode))
            self._check(git)
            return out.read(1024**2).decode("utf-8", "replace")

    def _environment(self) -> dict[str, str]:
        kept = _KEPT + (_SSH if "ssh" in self.access.protocols else ())
        environment = {name: os.environ[name] for name in kept if name in os.environ}
        environment |= {
            "GIT_ALLOW_PROTOCOL": ":".join(self.access.protocols),
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_NO_LAZY_FETCH": "1",
            "GIT_TERMINAL_PROMPT": "0",
            "LC_ALL": "C",
        }
        parts = urlsplit(self.remote.address)
        if self.access.token and parts.netloc == self.access.host and parts.scheme in ("https", "http"):
            basic = base64.b64encode(f"{self.access.user}:{self.access.token}".encode()).decode()
            environment |= {
                "GIT_CONFIG_COUNT": "1",
                "GIT_CONFIG_KEY_0": f"http.{parts.scheme}://{parts.netloc}/.extraHeader",
                "GIT_CONFIG_VALUE_0": f"Authorization: Basic {basic}",
            }
        return environment

    def _check(self, git: Path | None = None) -> None:
        """Raise `CloneError` once a limit is reached or the scan was stopped."""
        if self.stop.is_set():
            raise CloneError("the scan was stopped")
        if time.monotonic() > self.deadline:
            raise CloneError(f"cloning it takes longer than {self.limits.seconds:g} s")
        if git and _size(git / "objects" / "pack") > self.limits.size:
            raise CloneError(f"it is larger than {self.limits.size / 1024**2:g} MiB")

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """Keep other scans from the same clone."""
        with self.target.with_name(f".{self.target.name}.lock").open("w") as lock:
            while True:
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    self._check()
                    time.sleep(0.1)
            yield


def _running(process: subprocess.Popen[bytes]) -> bool:
    """Wait a moment for a program to end."""
    try:
        process.wait(0.1)
    except subprocess.TimeoutExpired:
        return True
    return False


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a program and those that it started."""
    if process.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _size(folder: Path) -> int:
    total = 0
    with contextlib.suppress(FileNotFoundError), os.scandir(folder) as scan:
        for item in scan:
            with contextlib.suppress(FileNotFoundError):
                total += item.stat(follow_symlinks=False).st_size
    return total


def _reason(said: bytes, code: int) -> str:
    """Return what git complains about, in a line that is safe to show."""
    lines: Iterable[str] = said.decode("utf-8", "replace").splitlines()
    told = [line.partition(": ")[2] for line in lines if line.startswith(("fatal: ", "error: ", "remote: "))]
    return redact(printable(told[0] if told else f"git ended with {code}"))[:200]
