# A Wattline display for MicroPython: what is unread and the last words, and two buttons. It needs nothing but a socket.
#
#   display = Display(HOST, PORT, USER, PASSWORD, CLIENT, show)    show(unread, text) draws; text is "Ana: …"
#   display.turn(1000)                                             waits at most so many ms; connects when it is time to
#   display.seen()  display.call()                                 what the buttons say
#
# MQTT 3.1.1, QoS 1. Whatever goes wrong with the line, turn() mends it, with growing pauses; it never raises for it.

import os
import select
import socket
import time

KEEP_ALIVE_S = 30
TIMEOUT_S = 5
PAUSES_MS = (500, 1000, 2000, 5000, 10000)


def _text(value):
    raw = value.encode() if isinstance(value, str) else value
    return len(raw).to_bytes(2, "big") + raw


def _packet(kind, body):
    size, head = len(body), bytes([kind])
    while size > 127:
        head += bytes([size & 127 | 128])
        size >>= 7
    return head + bytes([size]) + body


class Display:
    def __init__(self, host, port, user, password, client, show):
        self._host, self._port, self._user, self._password = host, port, user, password
        self._topic = f"support/{client}/display"
        self._show = show
        self._socket = self._poll = None
        self._unread, self._text = 0, ""
        self._id = self._failures = self._next = 0
        self._pressed = None  # what a button said while there was no line

    def seen(self):
        self._press(b"seen")

    def call(self):
        self._press(b"call")

    def turn(self, wait_ms):
        try:
            if self._socket is None:
                if time.ticks_diff(self._next, time.ticks_ms()) > 0:
                    time.sleep_ms(min(wait_ms, 100))
                    return
                self._connect()
            if self._pressed:
                self._press(self._pressed)
            if self._poll.poll(wait_ms):
                self._read()
            elif time.ticks_diff(time.ticks_ms(), self._sent) > KEEP_ALIVE_S * 500:
                self._send(b"\xc0\x00")
        except (OSError, ValueError, IndexError):
            self._lose()

    def _connect(self):
        address = socket.getaddrinfo(self._host, self._port)[0][-1]
        self._socket = line = socket.socket()
        line.settimeout(TIMEOUT_S)
        line.connect(address)
        # Another name for every connection, as Wattline asks: <user>:<random>.
        name = self._user + ":" + "".join(f"{byte:02x}" for byte in os.urandom(16))
        body = _text("MQTT") + b"\x04\xc2" + KEEP_ALIVE_S.to_bytes(2, "big")
        self._send(_packet(0x10, body + _text(name) + _text(self._user) + _text(self._password)))
        if self._exactly(4) != b"\x20\x02\x00\x00":
            raise OSError("refused")
        wanted = _text(self._topic + "/unread") + b"\x01" + _text(self._topic + "/text") + b"\x01"
        self._send(_packet(0x82, b"\x00\x01" + wanted))
        self._poll = select.poll()
        self._poll.register(line, select.POLLIN)
        self._failures = 0

    def _lose(self):
        if self._socket is not None:
            self._socket.close()
        self._socket = self._poll = None
        self._next = time.ticks_add(time.ticks_ms(), PAUSES_MS[min(self._failures, len(PAUSES_MS) - 1)])
        self._failures += 1

    def _send(self, packet):
        while packet:
            packet = packet[self._socket.send(packet) :]
        self._sent = time.ticks_ms()

    def _exactly(self, size):
        read = b""
        while len(read) < size:
            more = self._socket.recv(size - len(read))
            if not more:
                raise OSError("closed")
            read += more
        return read

    def _read(self):
        kind, size, shift = self._exactly(1)[0], 0, 0
        while True:
            byte = self._exactly(1)[0]
            size |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                break
        if size > 1024:
            raise ValueError("too long for a display")
        body = self._exactly(size)
        if kind >> 4 != 3:
            return
        at = 2 + int.from_bytes(body[:2], "big")
        topic = body[2:at].decode()
        if kind & 6:
            self._send(b"\x40\x02" + body[at : at + 2])
            at += 2
        if topic == self._topic + "/unread":
            self._unread = int(body[at:] or b"0")
        else:
            self._text = body[at:].decode()
        self._show(self._unread, self._text)

    def _press(self, word):
        self._pressed = word
        if self._socket is None:
            return
        self._id = self._id % 65535 + 1
        self._send(_packet(0x32, _text(self._topic + "/ack") + self._id.to_bytes(2, "big") + word))
        self._pressed = None
