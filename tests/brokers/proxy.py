"""A proxy in front of a broker that can go away in every way a network can, and can double every message."""

from __future__ import annotations

import re
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from urllib.parse import urlsplit, urlunsplit

Read = Callable[[int], bytes]


class Proxy:
    """Forwards to a broker until it is told otherwise."""

    def __init__(self, url: str, *, doubling: bool = False) -> None:
        parts = urlsplit(url)
        self._to = (parts.hostname or "127.0.0.1", parts.port or 0)
        self._doubles = doubling and (double_redis if parts.scheme == "redis" else double_amqp)
        self._open: set[socket.socket] = set()
        self._frozen: set[socket.socket] = set()
        self._flowing = threading.Event()
        self._flowing.set()
        self._lock = threading.Lock()
        self._held = b""
        self._released = threading.Event()
        #: What clients have said since :meth:`hold`, piece by piece, what is held included.
        self.heard: list[bytes] = []
        self._listener = self._listen(0)
        user = f"{parts.username}:{parts.password or ''}@" if parts.username else ""
        self._port = self._listener.getsockname()[1]
        self.url = urlunsplit(parts._replace(netloc=f"{user}127.0.0.1:{self._port}"))

    def black_hole(self) -> None:
        """From now on accept, take everything, and never answer."""
        self._flowing.clear()

    def hold(self, word: bytes) -> None:
        """From now on whoever says ``word`` is not heard, on that connection, until :meth:`release`."""
        self._held = word

    def release(self) -> None:
        self._held = b""
        self._released.set()

    def freeze(self) -> None:
        """Whoever is connected is never answered again; whoever connects anew is."""
        with self._lock:
            self._frozen |= self._open

    def stop(self) -> None:
        """Refuse new connections and break off those that are open, as a stopped broker does."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()

    def cut(self) -> None:
        """Break off every open connection."""
        with self._lock:
            cut, self._open = self._open, set()
        self._break_off(cut)

    def _break_off(self, cut: set[socket.socket]) -> None:
        for end in cut:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def heal(self) -> None:
        """Be a broker again; connections from the bad time are broken off."""
        # Under one lock: whoever connects meanwhile is either cut too or served, never accepted and forgotten.
        with self._lock:
            cut, self._open = self._open, set()
            self._flowing.set()
        self._break_off(cut)
        if self._listener.fileno() == -1:
            self._listener = self._listen(self._port)

    def close(self) -> None:
        self.stop()
        self._flowing.set()
        self.release()

    def _listen(self, port: int) -> socket.socket:
        listener = socket.create_server(("127.0.0.1", port), backlog=128)
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()
        return listener

    def _accept(self, listener: socket.socket) -> None:
        with suppress(OSError):  # closed
            while True:
                client, _ = listener.accept()
                threading.Thread(target=self._connect, args=(client,), daemon=True).start()

    def _connect(self, client: socket.socket) -> None:
        with self._lock:
            self._open.add(client)
            answers = self._flowing.is_set()
        if not answers:
            return  # until heal() cuts it off, nobody answers
        try:
            server = socket.create_connection(self._to)
        except OSError:
            client.close()
            return
        with self._lock:
            self._open.add(server)
        threading.Thread(target=self._pump, args=(server, client, chunks), daemon=True).start()
        self._pump(client, server, self._doubles or chunks)

    def _pump(
        self, source: socket.socket, sink: socket.socket, read: Callable[[socket.socket], Iterator[bytes]]
    ) -> None:
        with suppress(OSError, EOFError):
            for data in read(source):
                self._flowing.wait()
                if self._held:
                    self.heard.append(data)
                    if self._held in data:
                        self._released.wait()
                if source not in self._frozen:
                    sink.sendall(data)
        for end in (source, sink):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


def chunks(source: socket.socket) -> Iterator[bytes]:
    while data := source.recv(65536):
        yield data


def double_redis(source: socket.socket) -> Iterator[bytes]:
    """``LPUSH queue message`` becomes ``LPUSH queue message copy``: the answer keeps its form."""
    stream = source.makefile("rb")
    while line := stream.readline():
        words = [_bulk(stream.readline, stream.read) for _ in range(int(line[1:]))]
        if words[0].upper() == b"LPUSH" and b'"delivery_tag"' in words[2]:
            words.append(re.sub(rb'("delivery_tag": ")....', rb"\1copy", words[2]))
        yield b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in words)


def _bulk(readline: Callable[[], bytes], read: Read) -> bytes:
    size = int(readline()[1:])
    return read(size + 2)[:-2]


#: AMQP 0-9-1: kinds of frames, and the class and method of ``basic.publish``.
METHOD, HEADER, BODY = 1, 2, 3
PUBLISH = (60, 40)


def double_amqp(source: socket.socket) -> Iterator[bytes]:
    """The frames of each ``basic.publish`` (method, header, body) are sent a second time."""
    stream = source.makefile("rb")
    yield stream.read(8)  # "AMQP" and the version
    while frame := _frame(stream.read):
        if frame[0] != METHOD or struct.unpack(">HH", frame[7:11]) != PUBLISH:
            yield frame
            continue
        header = _frame(stream.read)
        (left,) = struct.unpack(">Q", header[11:19])
        frames = [frame, header]
        while left > 0:
            frames.append(_frame(stream.read))
            left -= len(frames[-1]) - 8
        yield b"".join(frames) * 2


def _frame(read: Read) -> bytes:
    head = read(7)
    if len(head) < 7:
        raise EOFError
    _, _, size = struct.unpack(">BHL", head)
    return head + read(size + 1)
