"""Whether a port of this machine is free, and whether something answers on it."""

from __future__ import annotations

import socket
from collections.abc import Iterable

from hardy.errors import HardyError
from hardy.supervisor.processes import Process

HOST = "127.0.0.1"


class PortTaken(HardyError):
    """Something else listens where a process of the project wants to."""


def require_free(processes: Iterable[Process]) -> None:
    """Refuse to start when a port is taken: one line that names port, process and what to change."""
    for process in processes:
        for switch, port in process.ports.items():
            if not is_free(port):
                raise PortTaken(
                    f"Port {port} is in use, and {process.name} needs it: "
                    f"stop what listens there, or choose another port with {switch}."
                )


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        # As servers do: a connection that is only closing (TIME_WAIT) holds nobody up.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def answers(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.2)
        return probe.connect_ex((HOST, port)) == 0
