"""A socket that is read and written in large pieces; it must not know what the bytes mean.

paho-mqtt asks for one or two bytes at a time and sends each packet by itself: seven system calls for a command and its
answer, each of several microseconds and each giving the interpreter away. Here all that is there is read with one
call, and all packets of one turn of the loop leave with one.
"""

import socket
import ssl

READ_BYTES = 65536

_NOT_NOW = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)


class BufferedSocket:
    """Stands in for the non-blocking `sock` where only `recv`, `send`, `fileno` and `close` are used."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._in = b""
        self._position = 0
        self._out = bytearray()
        self._ended: OSError | None = None
        self._is_at_end = False

    def fileno(self) -> int:
        """The descriptor of the socket itself."""
        return self._sock.fileno()

    def fill(self) -> None:
        """Read what has arrived. The end of the connection is told by `recv`."""
        rest = self._in[self._position :]
        try:
            arrived = self._sock.recv(READ_BYTES)
            while isinstance(self._sock, ssl.SSLSocket) and self._sock.pending():
                arrived += self._sock.recv(READ_BYTES)
            self._is_at_end = not arrived
        except _NOT_NOW:
            return
        except OSError as error:
            arrived, self._ended = b"", error
        self._in, self._position = rest + arrived, 0

    def has_news(self) -> bool:
        """Whether `recv` would return bytes or tell the end."""
        return self._position < len(self._in) or self._is_at_end or self._ended is not None

    def recv(self, count: int) -> bytes:
        """Up to `count` bytes of what was filled in; raises `BlockingIOError` when there are none."""
        chunk = self._in[self._position : self._position + count]
        self._position += len(chunk)
        if chunk or self._is_at_end:
            return chunk
        if self._ended is not None:
            raise self._ended
        raise BlockingIOError

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
