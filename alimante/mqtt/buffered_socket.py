"""A socket that is read and written in large pieces; it must not know what the bytes mean.

paho-mqtt asks for one or two bytes at a time and sends each packet by itself: seven system calls for a command and its
answer, each of several microseconds and each giving the interpreter away. Here all that is there is read with one
call, and all packets of one turn of the loop leave with one. paho reads only what it is given.
"""

import socket
import ssl

READ_BYTES = 65536

_NOT_NOW = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)


class BufferedSocket:
    """Stands in for the non-blocking `sock` where only `recv`, `send`, `fileno` and `close` are used.

    `is_over` says that nothing will arrive any more.
    """

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._given = b""
        self._out = bytearray()
        self._error: OSError | None = None
        self.is_over = False

    def fileno(self) -> int:
        """The descriptor of the socket itself."""
        return self._sock.fileno()

    def take(self) -> bytes:
        """What has arrived; nothing when nothing has, or when it `is_over`."""
        arrived = b""
        try:
            arrived = self._sock.recv(READ_BYTES)
            self.is_over = not arrived
            while isinstance(self._sock, ssl.SSLSocket) and self._sock.pending():
                arrived += self._sock.recv(READ_BYTES)
        except _NOT_NOW:
            pass
        except OSError as error:
            self._error, self.is_over = error, True
        return arrived

    def give(self, data: bytes) -> None:
        """Let `recv` return `data` behind what it was given before."""
        self._given += data

    @property
    def has_given(self) -> bool:
        """Whether `recv` would return bytes."""
        return bool(self._given)

    def recv(self, count: int) -> bytes:
        """Up to `count` bytes of what was given; without any it raises `BlockingIOError`, or tells the end."""
        chunk, self._given = self._given[:count], self._given[count:]
        if chunk or (self.is_over and self._error is None):
            return chunk
        raise self._error or BlockingIOError

    def send(self, data: bytes) -> int:
        """Keep `data` until `flush`."""
        self._out += data
        return len(data)

    def flush(self) -> bool:
        """Send what is kept; False while some of it is left. That the connection has ended, reading will tell."""
        try:
            while self._out:
                del self._out[: self._sock.send(self._out)]
        except _NOT_NOW:
            return False
        except OSError:
            self._out.clear()
        return True

    def close(self) -> None:
        """Close the socket itself, after what is kept: the library closes right behind its good-bye."""
        self.flush()
        self._sock.close()
