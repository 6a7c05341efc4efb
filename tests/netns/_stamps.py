"""_stamps.py: for tests that want kernel stamps from the first packet on."""
import socket

SO_TIMESTAMP = 29


def keep_stamps():
    """The kernel begins to stamp what comes in by a job of its own, some time after the first socket
    has asked for it: here is one that asks as long as it is kept."""
    asking = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    asking.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMP, 1)
    return asking
