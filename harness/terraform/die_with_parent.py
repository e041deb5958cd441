"""`die_with_parent.py <parent pid> <command> ...` runs the command and interrupts it when its parent dies.

On Linux the kernel tells this process of its parent's death (prctl(2), PR_SET_PDEATHSIG), and it sends the
command one SIGINT, on which Terraform finishes what is under way, saves its state and releases its lock. One:
the kernel repeats the news for every thread of a parent with many, and on a second SIGINT Terraform exits at
once and loses what was under way. A sandbox has mostly died with the same parent, and no call to it can end:
what is left of the command after a few seconds is killed, providers too. On other systems the next run of
ours finds the command alive and says so.

Other signals are passed on, and this process ends as the command ended.
"""

import os
import signal
import sys

PR_SET_PDEATHSIG = 1
PARENT_DIED = signal.SIGUSR1
SANDBOX_SECONDS = 3
PASSED_ON = (signal.SIGINT, signal.SIGTERM)


def main(arguments: list[str]) -> None:
    parent, command = int(arguments[0]), arguments[1:]
    signal.pthread_sigmask(signal.SIG_BLOCK, (*PASSED_ON, PARENT_DIED))
    tell_of_parents_death(PARENT_DIED)
    if sys.platform.startswith("linux") and os.getppid() != parent:  # it died before it could be watched
        raise SystemExit(128 + signal.SIGINT)
    child = os.fork()
    if child == 0:
        become(command)
    interrupted_by_death = False

    def handle(number: int, _frame: object) -> None:
        nonlocal interrupted_by_death
        if number != PARENT_DIED:
            os.kill(child, number)
        elif not interrupted_by_death:
            interrupted_by_death = True
            os.kill(child, signal.SIGINT)
            if os.environ.get("AWS_ENDPOINT_URL", "").startswith("http://127."):
                signal.signal(signal.SIGALRM, lambda *_: kill_everything(child))
                signal.alarm(SANDBOX_SECONDS)

    for number in (*PASSED_ON, PARENT_DIED):
        signal.signal(number, handle)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, (*PASSED_ON, PARENT_DIED))
    _, status = os.waitpid(child, 0)
    end_as(status)


def kill_everything(child: int) -> None:
    """The command with all that it has started, and this process, which leads their group."""
    if os.getpgrp() == os.getpid():
        os.killpg(os.getpgrp(), signal.SIGKILL)
    os.kill(child, signal.SIGKILL)


def tell_of_parents_death(number: signal.Signals) -> None:
    if sys.platform.startswith("linux"):
        import ctypes

        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, number, 0, 0, 0)


def become(command: list[str]) -> None:
    """The command instead of this process, with the signals that Python and shells' `&` take away."""
    for number in (signal.SIGPIPE, *PASSED_ON, PARENT_DIED):
        signal.signal(number, signal.SIG_DFL)
    tell_of_parents_death(signal.SIGINT)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, (*PASSED_ON, PARENT_DIED))
    try:
        os.execv(command[0], command)
    except OSError as error:
        print(f"Error: {command[0]} cannot be started: {error.strerror}", file=sys.stderr, flush=True)
        os._exit(126)


def end_as(status: int) -> None:
    """Exit with the command's exit code, or by the signal that ended it."""
    if not os.WIFSIGNALED(status):
        os._exit(os.WEXITSTATUS(status))
    number = os.WTERMSIG(status)
    if number != signal.SIGKILL:
        signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)


if __name__ == "__main__":
    main(sys.argv[1:])
