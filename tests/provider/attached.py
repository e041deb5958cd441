"""`attached.py <control port> <terraform> <argument> ...` runs Terraform attached to the proxy (proxy.py).

Only the standard library, so that it starts in 20 ms.
"""

import json
import os
import socket
import sys


def main(port: str, terraform: str, *arguments: str) -> None:
    environment = dict(os.environ)
    if arguments[:1] != ("version",):
        environment["TF_REATTACH_PROVIDERS"] = attachment(int(port), arguments, environment)
    os.execve(terraform, [terraform, *arguments], environment)


def attachment(port: int, arguments: tuple[str, ...], environment: dict[str, str]) -> str:
    """The value of TF_REATTACH_PROVIDERS, good until this process has ended as Terraform."""
    control = socket.create_connection(("127.0.0.1", port))
    folder = next((word.partition("=")[2] for word in arguments if word.startswith("-chdir=")), ".")
    request = {"directory": os.path.abspath(folder), "environment": environment}
    control.sendall(json.dumps(request).encode() + b"\n")
    with control.makefile() as answers:
        answer = answers.readline().strip()
    if not answer:
        sys.exit("the proxy of the AWS provider gave no answer")
    os.set_inheritable(control.detach(), True)  # Terraform's end closes it
    return answer


if __name__ == "__main__":
    main(*sys.argv[1:])
