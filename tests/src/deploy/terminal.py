# terminal.py COMMAND...: runs a command on a terminal of its own. Each line of standard input answers one question of
# the command, which ends with a colon and a space. The output is the terminal's, the exit code the command's.
import os
import pty
import sys

answers = sys.stdin.read().splitlines()
process, terminal = pty.fork()
if process == 0:
    os.execvp(sys.argv[1], sys.argv[1:])
while True:
    try:
        output = os.read(terminal, 65536)
    except OSError:
        # The last program on the terminal has ended.
        break
    if not output:
        break
    sys.stdout.buffer.write(output)
    if output.endswith(b": "):
        # Ctrl-D after the last answer.
        os.write(terminal, answers.pop(0).encode() + b"\n" if answers else b"\x04")
sys.stdout.flush()
sys.exit(os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]))
