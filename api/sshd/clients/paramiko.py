"""A client on paramiko: KEY HOSTKEY PORT METHOD -t|-T USER@HOST [COMMAND].

With -t what is typed goes to a terminal on the other side, as ssh -t has it; the
exit status is that of the session, or 255 where none came.
"""
import os
import select
import shutil
import signal
import sys
import termios
import tty

import paramiko


def channel(args):
    key, host_key, port, method, terminal, where = args[:6]
    user, host = where.split("@")
    client = paramiko.Transport((host, int(port)))
    client.start_client(timeout=60)
    if client.get_remote_server_key().get_base64() != host_key.split()[1]:
        sys.exit("the host key is another one")
    if method == "publickey":
        client.auth_publickey(user, paramiko.Ed25519Key.from_private_key_file(key))
    elif method == "password":
        client.auth_password(user, "correct horse", fallback=False)
    elif method == "keyboard-interactive":
        client.auth_interactive(user, lambda *asked: ["correct horse"] * len(asked[2]))
    else:
        client.auth_none(user)
    chan = client.open_session()
    if terminal == "-t":
        width, height = shutil.get_terminal_size()
        chan.get_pty(os.environ.get("TERM", "vt100"), width, height)
    if args[6:]:
        chan.exec_command(args[6])
    else:
        chan.invoke_shell()
    return chan


def pump(chan):
    watched = [chan, sys.stdin]
    while not chan.closed or chan.recv_ready() or chan.recv_stderr_ready():
        ready, _, _ = select.select(watched, [], [], 0.2)
        if chan.recv_stderr_ready():
            os.write(2, chan.recv_stderr(1 << 15))
        if chan.recv_ready():
            os.write(1, chan.recv(1 << 15))
        elif chan.eof_received and not chan.recv_stderr_ready():
            break
        if sys.stdin in ready:
            typed = os.read(0, 1 << 10)
            if typed:
                chan.sendall(typed)
            else:
                chan.shutdown_write()
                watched.remove(sys.stdin)


def main():
    chan = channel(sys.argv[1:])
    before = None
    if sys.argv[5] == "-t":
        before = termios.tcgetattr(0)
        tty.setraw(0)

        def resized(*_):
            size = os.get_terminal_size(0)
            chan.resize_pty(size.columns, size.lines)

        signal.signal(signal.SIGWINCH, resized)
    try:
        pump(chan)
    finally:
        if before:
            termios.tcsetattr(0, termios.TCSADRAIN, before)
    os._exit(chan.recv_exit_status() & 0xFF)  # paramiko's threads are still there


main()
