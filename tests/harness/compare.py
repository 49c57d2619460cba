#!/usr/bin/env python3
"""Asks walbound about random archives and targets, then really recovers, and compares. See README.md."""

import argparse
import collections
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from archive import number, segment_name
from recover import recover
from server import Tools, choose_user, give, run
from variants import compose, target
from worlds import World

# The first reason that walbound may give for each of PostgreSQL's messages.
REASONS = [
    ("recovery ended before configured recovery target was reached",
     {"no-commit-after-target", "lsn-beyond-end", "xid-not-found", "restore-point-not-found", "wal-gap", "wal-damaged",
      "system-identifier-mismatch"}),
    ("requested recovery stop point is before consistent recovery point", {"target-before-consistency"}),
    ("has wrong size", {"wal-damaged"}),
    ("does not exist", {"timeline-not-reachable"}),
    ("is not a child of this server's history", {"timeline-not-reachable"}),
    ("could not locate required checkpoint record",
     {"begin-wal-missing", "timeline-not-reachable", "wal-damaged", "wal-gap", "system-identifier-mismatch"}),
    ("could not find redo location", {"begin-wal-missing", "wal-damaged", "wal-gap"}),
    ("WAL ends before end of online backup", {"wal-gap", "wal-damaged", "system-identifier-mismatch"}),
    ("unexpected timeline ID", {"wal-damaged"}),
    ("has already been removed", {"timeline-not-reachable"}),
    ("invalid data in history file", {"timeline-not-reachable"}),
    ("the first segment of the backup cannot be fetched", {"begin-wal-missing", "timeline-not-reachable"}),
]


def scratch_directory():
    """A directory in which the user of the servers can make others."""
    scratch = tempfile.mkdtemp(prefix="walbound-harness-")
    choose_user()
    give(scratch)
    os.chmod(scratch, 0o755)
    tempfile.tempdir = scratch
    return scratch


def ask(program, archive, arguments):
    """walbound's answer."""
    command = [program, "check", archive, "--format", "json", *arguments]
    done = subprocess.run(command, capture_output=True, text=True)
    if not done.stdout:
        raise RuntimeError(f"{command}: {done.stderr}")
    answer = json.loads(done.stdout)
    code = {"reachable": 0, "unreachable": 1, "undecided": 3}[answer["verdict"]]
    if done.returncode != code:
        raise RuntimeError(f"{command}: exit code {done.returncode}")
    return answer


# Other ways to the same answer. None may say what does not come true; each may leave more undecided.
WAYS = {"headers": ["--depth", "headers"], "listing": ["--depth", "listing"], "inventory": []}


def ask_otherwise(program, archive, inventory, arguments):
    """The verdicts that walbound gives when it looks less closely, or into an inventory."""
    answers = {}
    for way, more in WAYS.items():
        answers[way] = ask(program, inventory if way == "inventory" else archive, [*arguments, *more])["verdict"]
    return answers


# The operator fetches the first segment of the backup, by the name that `backup.info` gives it, before it restores.
REFUSED = {"outcome": "FATAL", "message": "the first segment of the backup cannot be fetched", "stop": None, "log": ""}


def has_begin(world, backup, served):
    info = world.backups[backup]
    name = segment_name(info["timeline"], number(info["begin_xlog"]), world.segment_mib << 20)
    return os.path.exists(os.path.join(served, name))


def is_false(world, verdict, outcome):
    """Whether a verdict did not come true. Releases before 13 promote at the end of WAL, whatever the target."""
    return (verdict, outcome) == ("reachable", "FATAL") or \
        (verdict, outcome) == ("unreachable", "PROMOTED") and world.tools.major >= 13


def differences(world, answer, real):
    """What is wrong with an answer, and what kind it is."""
    verdict, outcome = answer["verdict"], real["outcome"]
    if verdict == "undecided":
        return "undecided", None
    if verdict == "reachable" and outcome == "FATAL":
        return "FALSE REACHABLE", real["message"]
    if verdict == "unreachable" and outcome == "PROMOTED":
        # Releases before 13 promote at the end of WAL, whatever the target.
        if world.tools.major < 13 and "would not fail" in answer["reasons"][0]["message"]:
            return "agrees", None
        return "FALSE UNREACHABLE", real["stop"]
    codes = [reason["code"] for reason in answer["reasons"]]
    if outcome == "FATAL":
        allowed = next((codes for text, codes in REASONS if text in real["message"]), None)
        if allowed is None:
            return "NO REASON KNOWN", real["message"]
        return ("agrees", None) if codes[0] in allowed else ("OTHER REASON", f"{codes} for {real['message']}")
    order = sorted((world.rows.get(label, -1), label, xid) for label, xid in real["rows"])
    kept = (answer["stops_at"] or {}).get("xid")
    last = int(order[-1][2]) if order else None
    if kept is not None and last is not None and kept != last:
        return "OTHER LAST ROW", f"{order[-1]}, not {kept}; {real['stop']}"
    return "agrees", None


def options():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("program", help="walbound")
    parser.add_argument("--bindir", default=None, help="PostgreSQL's programs; default: the newest of Debian's")
    parser.add_argument("--pairs", type=int, default=200, help="how many recoveries at least")
    parser.add_argument("--targets", type=int, default=6, help="how many for each archive")
    parser.add_argument("--archives", type=int, default=8, help="how many archives of each world")
    parser.add_argument("--segments", default="1,16,1,64", help="segment sizes of the worlds, in MiB")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--first", type=int, default=0, help="the number of the first world")
    parser.add_argument("--port", type=int, default=7800)
    parser.add_argument("--keep", action="store_true", help="keep the files")
    parser.add_argument("--verbose", action="store_true", help="print every pair")
    return parser.parse_args()


def debian_bindir():
    base = "/usr/lib/postgresql"
    versions = sorted((int(name), name) for name in os.listdir(base) if name.isdigit()) if os.path.isdir(base) else []
    if not versions:
        sys.exit("no PostgreSQL under /usr/lib/postgresql: install it, or name one with --bindir")
    return os.path.join(base, versions[-1][1], "bin")


def main():
    arguments = options()
    scratch = scratch_directory()
    program = os.path.abspath(arguments.program)
    tools = Tools(arguments.bindir or debian_bindir())
    counts, bad, done, begin = collections.Counter(), [], 0, time.monotonic()
    others = collections.Counter()
    sizes = [int(size) for size in arguments.segments.split(",")]
    world_number = arguments.first
    while done < arguments.pairs:
        size = sizes[world_number % len(sizes)]
        rng = random.Random(f"{arguments.seed}-{world_number}")
        world = World(tools, os.path.join(scratch, "world"), rng, arguments.port, size)
        world.build()
        print(f"world {world_number}: {size} MiB segments, {len(world.rows)} rows, {'+'.join(world.sources)}", flush=True)
        for _ in range(arguments.archives):
            archive, steps = compose(world, rng, os.path.join(scratch, "archive"))
            served = os.path.join(scratch, "served")
            refused = archive.serve(served)
            inventory = os.path.join(scratch, "inventory.json")
            run([program, "inventory", archive.directory, "-o", inventory])
            backups = sorted(os.listdir(os.path.join(archive.root, "base")))
            for _ in range(arguments.targets):
                if done >= arguments.pairs:
                    break
                backup = rng.choice(backups)
                kind, settings, asked = target(world, rng, backup)
                answer = ask(program, archive.directory, asked)
                otherwise = ask_otherwise(program, archive.directory, inventory, asked)
                if has_begin(world, backup, served):
                    real = recover(tools, world, served, backup, settings, arguments.port + 9,
                                   os.path.join(scratch, "recovered"))
                else:
                    real = REFUSED
                result, why = differences(world, answer, real)
                for way, verdict in otherwise.items():
                    others[way, real["outcome"], verdict] += 1
                    if is_false(world, verdict, real["outcome"]):
                        result = "FALSE " + verdict.upper() if result in ("agrees", "undecided") else result
                        why = f"{why or ''} {way} says {verdict}"
                counts[kind, real["outcome"], answer["verdict"], result] += 1
                done += 1
                line = f"{result}: {steps} {asked} {real['outcome']} {real['message'] or real['stop']}; {why}; " \
                       f"{[reason['message'] for reason in answer['reasons']]}"
                if arguments.verbose or result != "agrees":
                    print(line, flush=True)
                if result not in ("agrees", "undecided"):
                    bad.append(line)
                    print(f"refused: {refused}\n{real['log'][-3000:]}", flush=True)
        world_number += 1
    if not arguments.keep:
        shutil.rmtree(scratch, ignore_errors=True)
    print(f"\n{'asked':<10} {'PostgreSQL':<10} {'walbound':<12} count")
    for (way, outcome, verdict), count in sorted(others.items()):
        print(f"{way:<10} {outcome:<10} {verdict:<12} {count:>5}")
    report(tools, counts, bad, done, world_number - arguments.first, time.monotonic() - begin)


def report(tools, counts, bad, done, worlds, seconds):
    print(f"\nPostgreSQL {tools.major}, {worlds} worlds, {done} recoveries in {seconds:.0f} s\n")
    print(f"{'target':<10} {'PostgreSQL':<10} {'walbound':<12} {'result':<18} count")
    for (kind, outcome, verdict, result), count in sorted(counts.items()):
        print(f"{kind:<10} {outcome:<10} {verdict:<12} {result:<18} {count:>5}")
    agree = sum(count for key, count in counts.items() if key[3] == "agrees")
    undecided = sum(count for key, count in counts.items() if key[3] == "undecided")
    print(f"\n{agree} agree, {undecided} undecided, {len(bad)} differ")
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
