"""The commands passctl offers with this package: a server that answers, a worker that works."""

from __future__ import annotations

import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from importlib.metadata import entry_points
from pathlib import Path

import httpx
import pytest

from passcore.errors import Invalid
from passweb import commands

SECRET = secrets.token_hex(32)


def test_the_commands_are_found_by_their_group() -> None:
    found = {point.name: point.value for point in entry_points(group="passcli.commands")}
    assert found == {name: f"passweb.commands:{name}" for name in ("serve", "worker", "demo")}


def test_a_server_answers_and_ends_when_told(sqlite_database: str) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    code = f"from passweb.commands import serve; serve(port={port}, db={sqlite_database!r})"
    env = {**os.environ, "PASS_SECRET_KEY": SECRET}
    server = subprocess.Popen([sys.executable, "-c", code], env=env, stderr=subprocess.PIPE)
    try:
        answer = _answer(f"http://127.0.0.1:{port}/ready", server)
        assert answer.json() == {"status": "ready"}
        assert "server" not in answer.headers
    finally:
        server.send_signal(signal.SIGTERM)
        _, told = server.communicate(timeout=20)
    assert server.returncode in (0, -signal.SIGTERM)
    assert SECRET.encode() not in told


def _answer(url: str, server: subprocess.Popen[bytes]) -> httpx.Response:
    deadline = time.monotonic() + 30
    while True:
        try:
            return httpx.get(url)
        except httpx.ConnectError:
            assert server.poll() is None, server.communicate()[1].decode()
            assert time.monotonic() < deadline


def test_a_weak_secret_stops_the_start(
    monkeypatch: pytest.MonkeyPatch, sqlite_database: str
) -> None:
    monkeypatch.setenv("PASS_SECRET_KEY", "short")
    with pytest.raises(Invalid) as stopped:
        commands.serve(db=sqlite_database)
    assert stopped.value.field == "PASS_SECRET_KEY"


def test_a_server_for_others_needs_its_address(
    monkeypatch: pytest.MonkeyPatch, sqlite_database: str
) -> None:
    monkeypatch.setenv("PASS_SECRET_KEY", SECRET)
    monkeypatch.delenv("PASS_BASE_URL", raising=False)
    with pytest.raises(Invalid) as stopped:
        commands.serve(host="0.0.0.0", db=sqlite_database)
    assert stopped.value.field == "PASS_BASE_URL"


@pytest.mark.parametrize("port", [-1, 0, 65536, 10**9])
def test_a_port_that_is_none_is_refused_by_its_name(sqlite_database: str, port: int) -> None:
    with pytest.raises(Invalid) as stopped:
        commands.serve(port=port, db=sqlite_database)
    assert stopped.value.field == "port"
    with pytest.raises(Invalid) as stopped:
        commands.demo(port=port or -1)  # 0 takes a free one there
    assert stopped.value.field == "port"


def test_a_port_in_use_ends_the_start(
    monkeypatch: pytest.MonkeyPatch, sqlite_database: str, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PASS_SECRET_KEY", SECRET)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        assert commands.serve(port=taken.getsockname()[1], db=sqlite_database) == 2
    assert "address already in use" in capfd.readouterr().err


@pytest.mark.parametrize("there", [True, False])
def test_a_database_without_tables_is_not_served(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, there: bool
) -> None:
    """The server would answer every request with a fault, the worker fail every round."""
    monkeypatch.setenv("PASS_SECRET_KEY", SECRET)
    file = tmp_path / "none.sqlite"
    if there:
        file.touch()
    for start in (commands.serve, commands.worker):
        with pytest.raises(Invalid) as stopped:
            start(db=f"sqlite:///{file}")
        assert stopped.value.field == "database"
        assert "passctl init" in stopped.value.problem
    assert file.exists() == there


def test_a_worker_asked_once_does_what_is_due_and_ends(
    monkeypatch: pytest.MonkeyPatch, sqlite_database: str
) -> None:
    monkeypatch.setenv("PASS_SECRET_KEY", SECRET)
    assert commands.worker(once=True, db=sqlite_database) == 0


def test_importing_the_package_loads_no_framework(tmp_path: Path) -> None:
    code = "import sys, passweb; assert not {'litestar', 'sqlalchemy'} & sys.modules.keys()"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=tmp_path)
