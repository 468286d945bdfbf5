"""Runs one command for the supervisor and takes it down when the supervisor is gone, even by kill -9.

Run as a file, not as a module: it must start at once, so it imports neither Django nor Celery nor hardy.
Standard input is a pipe whose other end only the supervisor holds: its end of file means that the supervisor
is dead. SIGTERM is passed on to the command alone, whose children are its own business; SIGQUIT kills the
command's whole process group.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import threading
from contextlib import suppress

PR_SET_PDEATHSIG = 1
#: What a shell answers when there is no such command.
NO_SUCH_COMMAND = 127


def main(grace_seconds: float, command: list[str]) -> int:
    try:
        # preexec_fn is safe here: this process has one thread so far.
        child = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, process_group=0, preexec_fn=die_with_the_watchdog
        )
    except OSError as error:
        sys.stderr.write(f"{command[0]} cannot be started: {error.strerror}\n")
        return NO_SUCH_COMMAND
    signal.signal(signal.SIGTERM, lambda *_: child.terminate())
    signal.signal(signal.SIGINT, lambda *_: child.terminate())
    signal.signal(signal.SIGQUIT, lambda *_: kill_group(child))
    threading.Thread(target=follow_supervisor, args=(child, grace_seconds), daemon=True).start()
    try:
        return child.wait()
    finally:
        kill_group(child)


def die_with_the_watchdog() -> None:
    """On Linux the kernel stops the command should this very process be killed."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def follow_supervisor(child: subprocess.Popen[bytes], grace_seconds: float) -> None:
    while os.read(sys.stdin.fileno(), 1024):
        pass
    child.terminate()
    with suppress(subprocess.TimeoutExpired):
        child.wait(grace_seconds)
    kill_group(child)


def kill_group(child: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError, PermissionError):  # macOS answers EPERM for a group of zombies
        os.killpg(child.pid, signal.SIGKILL)


if __name__ == "__main__":
    code = main(float(sys.argv[1]), sys.argv[2:])
    # A shell's convention: 128 + the signal that ended the command.
    sys.exit(code if code >= 0 else 128 - code)
