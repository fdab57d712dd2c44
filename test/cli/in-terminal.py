"""Runs a command in a terminal of its own, and closes that when a file is there: in-terminal.py FILE COMMAND...

Prints how the command ended: its exit code, or minus the signal.
"""

import os
import pty
import select
import sys
import time

awaited, *command = sys.argv[1:]
process, terminal = pty.fork()
if process == 0:
    os.execvp(command[0], command)
while not os.path.exists(awaited):
    # What is not read would stop the command.
    if select.select([terminal], [], [], 0.01)[0]:
        os.read(terminal, 65536)
os.close(terminal)
_, status = os.waitpid(process, 0)
print(os.waitstatus_to_exitcode(status))
