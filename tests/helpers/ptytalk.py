#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Holds a conversation with a command on a terminal of its own.

usage: ptytalk.py COMMAND [ARG...] <DIALOGUE

Each line of the dialogue is a word and what belongs to it:

    send TEXT       types TEXT and Enter
    key X           types Control-X
    expect REGEX    waits until the terminal shows it, and goes on after it
    resize          makes the terminal one column wider
    hear FIFO TEXT  waits until somebody writes TEXT to FIFO
    hangup          closes the terminal
    status N        waits for the end of COMMAND: this has to be its status

"{}" in TEXT stands for the value of RUNNER.  Nothing is timed: whatever does
not come within a minute does not come.
"""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import sys
import termios
import time

PATIENCE = 60


class Conversation:
    def __init__(self, command):
        self.shown = ''
        self.everything = ''
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.execvp(command[0], command)

    def fail(self, why):
        print('failed: ' + why)
        print('the terminal showed: ' + repr(self.everything[-2000:]))
        self.end()
        sys.exit(1)

    def end(self):
        # Everybody in the session of the terminal.
        for entry in os.listdir('/proc'):
            if not entry.isdigit():
                continue
            try:
                if os.getsid(int(entry)) == self.pid:
                    os.kill(int(entry), signal.SIGKILL)
            except OSError:
                pass

    def read(self, deadline):
        left = deadline - time.monotonic()
        if left <= 0 or not select.select([self.fd], [], [], left)[0]:
            return False
        try:
            data = os.read(self.fd, 4096)
        except OSError:
            return False
        text = data.decode(errors='replace')
        self.shown += text
        self.everything += text
        return bool(data)

    def send(self, text):
        text = text.replace('{}', os.environ.get('RUNNER', ''))
        os.write(self.fd, (text + '\r').encode())

    def key(self, name):
        code = ord(name.upper()) & 0x1f
        os.write(self.fd, bytes([code]))

    def expect(self, regex):
        deadline = time.monotonic() + PATIENCE
        while True:
            match = re.search(regex, self.shown)
            if match:
                self.shown = self.shown[match.end():]
                return
            if not self.read(deadline):
                self.fail('expected ' + regex)

    def resize(self, _):
        size = fcntl.ioctl(self.fd, termios.TIOCGWINSZ, bytes(8))
        rows, columns, x, y = struct.unpack('HHHH', size)
        size = struct.pack('HHHH', rows, columns + 1, x, y)
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, size)

    def hear(self, words):
        fifo, _, text = words.partition(' ')
        # Both ends: opening does not wait, and there is no end of it.
        fd = os.open(os.path.expandvars(fifo), os.O_RDWR | os.O_CLOEXEC)
        if not select.select([fd], [], [], PATIENCE)[0]:
            self.fail('nothing came from ' + fifo)
        heard = os.read(fd, 4096).decode(errors='replace').strip()
        os.close(fd)
        if heard != text:
            self.fail('from %s came %s' % (fifo, heard))

    def hangup(self, _):
        os.close(self.fd)
        self.fd = -1

    def status(self, wanted):
        deadline = time.monotonic() + PATIENCE
        # Until it ends, somebody has to read what it writes.
        if self.fd >= 0:
            while self.read(deadline):
                pass
        pidfd = os.pidfd_open(self.pid)
        left = max(0, deadline - time.monotonic())
        if not select.select([pidfd], [], [], left)[0]:
            self.fail('the command does not end')
        status = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        if status != int(wanted):
            self.fail('status %d, not %s' % (status, wanted))


def main():
    conversation = Conversation(sys.argv[1:])
    for line in sys.stdin:
        word, _, rest = line.strip().partition(' ')
        if word and not word.startswith('#'):
            getattr(conversation, word)(rest)
    conversation.end()


main()
