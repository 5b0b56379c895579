"""Unit tests start no process and open no connection; those that try fail."""

import socket
import subprocess

import pytest
from hypothesis import settings

# How long an example takes says something of the machine, not of the code.
settings.register_profile("crosswheel", deadline=None)
settings.load_profile("crosswheel")


@pytest.fixture(autouse=True)
def _closed_doors(monkeypatch):
    def refuse_process(_self, args, *_words, **_named):
        raise AssertionError(f"a unit test started a process: {args}")

    def refuse_connection(sock, address):
        if sock.family in {socket.AF_INET, socket.AF_INET6}:
            raise AssertionError(f"a unit test opened a connection to {address}")
        return _connect(sock, address)

    _connect = socket.socket.connect
    monkeypatch.setattr(subprocess.Popen, "__init__", refuse_process)
    monkeypatch.setattr(socket.socket, "connect", refuse_connection)
