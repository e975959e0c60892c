# The display on the wall. `wattline device add d-hall --client c-42 --for micropython > config.py` makes config.py.
# Draw in show() on your e-paper or LCD; here it prints. GPIO 0 is "seen", GPIO 2 is "call"; without pins the
# keyboard is: a line `seen` or `call`.

import select
import sys

import config
from wattline import Display

try:
    from machine import Pin

    SEEN, CALL = Pin(0, Pin.IN, Pin.PULL_UP), Pin(2, Pin.IN, Pin.PULL_UP)
except ImportError:
    SEEN = CALL = None
    keyboard = select.poll()
    keyboard.register(sys.stdin, select.POLLIN)


def show(unread, text):
    sys.stdout.write(f"{unread} unread | {text}\n")


def pressed():
    if SEEN is None:
        return sys.stdin.readline().strip() if keyboard.poll(0) else ""
    return "seen" if not SEEN.value() else "call" if not CALL.value() else ""


display = Display(config.HOST, config.PORT, config.USER, config.PASSWORD, config.CLIENT, show)
before = ""
while True:
    display.turn(100)
    now = pressed()
    if now != before:
        if now == "seen":
            display.seen()
        elif now == "call":
            display.call()
    before = now if SEEN is not None else ""
