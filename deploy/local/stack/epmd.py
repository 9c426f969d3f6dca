"""Runs Erlang's port mapper on 127.0.0.1 alone: epmd.py PORT [USER]

By itself epmd also listens on ::1. Handed its socket the way systemd does it, it listens there and nowhere else.
"""

import os
import pwd
import shutil
import socket
import sys

FIRST_PASSED = 3


def main(port: int, user: str | None = None) -> None:
    """Open the socket, become `user`, become epmd."""
    program = shutil.which("epmd") or sys.exit("epmd is not installed")
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    listener.listen()
    if user is not None:
        entry = pwd.getpwnam(user)
        os.setgroups([])
        os.setgid(entry.pw_gid)
        os.setuid(entry.pw_uid)
    if listener.fileno() == FIRST_PASSED:
        os.set_inheritable(FIRST_PASSED, True)
    else:
        os.dup2(listener.fileno(), FIRST_PASSED)
    passed = {"LISTEN_PID": str(os.getpid()), "LISTEN_FDS": "1"}
    os.execve(program, ["epmd", "-systemd", "-port", str(port)], {**os.environ, **passed})


if __name__ == "__main__":
    main(int(sys.argv[1]), *sys.argv[2:])
