"""`die_with_parent.py <parent pid> <command> ...` becomes the command, told when its parent dies.

On Linux the kernel then sends it SIGINT, on which Terraform finishes what is under way, saves its state and
releases its lock (prctl(2), PR_SET_PDEATHSIG; it survives exec). Elsewhere the command is run as it is, and
the next run of ours finds it alive and says so. A program, not a `preexec_fn`: that is unsafe beside threads.
"""

import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main(arguments: list[str]) -> None:
    parent, command = int(arguments[0]), arguments[1:]
    # Python ignores SIGPIPE, and a shell's `&` ignores SIGINT: both would be inherited through exec.
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    if sys.platform.startswith("linux"):
        import ctypes

        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGINT, 0, 0, 0)
        if os.getppid() != parent:  # it died before it could be watched
            raise SystemExit(128 + signal.SIGINT)
    try:
        os.execv(command[0], command)
    except OSError as error:
        print(f"Error: {command[0]} cannot be started: {error.strerror}", file=sys.stderr)
        raise SystemExit(126) from None


if __name__ == "__main__":
    main(sys.argv[1:])
