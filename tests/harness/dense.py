#!/usr/bin/env python3
"""Fills a directory with WAL of a server under pgbench: `dense.py DIRECTORY [SEGMENTS]`. For the benchmark."""

import os
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from compare import debian_bindir, scratch_directory
from server import Server, Tools, run


def main():
    target, wanted = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 16
    os.makedirs(target, exist_ok=True)
    scratch = scratch_directory()
    tools = Tools(debian_bindir())
    server = Server(tools, os.path.join(scratch, "server"), 7890, os.path.join(scratch, "archived"))
    server.initialise(16)
    server.start_and_wait()
    client = ["-h", scratch, "-p", "7890", "-U", "postgres", "postgres"]
    run([tools.path("pgbench"), "-i", "-q", "-s", "2", *client])
    # Full pages only once: what follows is dense in transactions.
    server.ask("checkpoint")
    first = server.switch()
    while len([name for name in os.listdir(server.archived) if name > first]) < wanted:
        subprocess.run([tools.path("pgbench"), "-c", "4", "-T", "5", "-M", "prepared", *client], capture_output=True)
    server.switch()
    server.stop()
    for name in sorted(name for name in os.listdir(server.archived) if name > first)[:wanted]:
        shutil.copyfile(os.path.join(server.archived, name), os.path.join(target, name))
    shutil.rmtree(scratch, ignore_errors=True)


if __name__ == "__main__":
    main()
