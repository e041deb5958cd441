"""Which stacks a change touches, and why: the working tree against a commit."""
