#!/usr/bin/env python3
"""The comparison with an archive that Barman Cloud wrote itself, to an S3 server on this machine.

`real_barman.py PROGRAM BARMAN`: BARMAN is the directory of `barman-cloud-*` and `moto_server`, such as that of a virtual
environment with `barman`, `boto3`, `psycopg2-binary`, `python-snappy`, `zstandard`, `lz4` and `moto[server]`.
"""

import collections
import os
import random
import re
import shutil
import subprocess
import sys
import time
import urllib.parse
import urllib.request
import xml.etree.ElementTree

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from archive import SEGMENT, split
from compare import ask, debian_bindir, differences, report, scratch_directory
from recover import recover
from server import USER, Tools, run
from variants import target
from worlds import World

PORT = 19555
ENDPOINT = f"http://127.0.0.1:{PORT}"


# The server looks whether a request is signed, not by whom.
SIGNED = {"Authorization": "AWS4-HMAC-SHA256 Credential=harness/20260101/us-east-1/s3/aws4_request, "
                           "SignedHeaders=host, Signature=0"}


def fetch(path, method="GET"):
    request = urllib.request.Request(f"{ENDPOINT}/backups{path}", method=method, headers=SIGNED)
    with urllib.request.urlopen(request) as answer:
        return answer.read()


class Barman:
    """Barman's programs, and a bucket for them."""

    def __init__(self, bindir, scratch):
        self.bindir, self.scratch = bindir, scratch
        self.log = open(os.path.join(scratch, "moto.log"), "w")
        self.server = subprocess.Popen([os.path.join(bindir, "moto_server"), "-H", "127.0.0.1", "-p", str(PORT)],
                                       stdout=self.log, stderr=self.log)
        self.environment = {**os.environ, "AWS_ACCESS_KEY_ID": "harness", "AWS_SECRET_ACCESS_KEY": "harness",
                            "AWS_DEFAULT_REGION": "us-east-1"}
        for _ in range(200):
            try:
                fetch("", "PUT")
                return
            except OSError:
                time.sleep(0.1)
        raise RuntimeError("the S3 server does not start")

    def call(self, program, *arguments):
        return run([os.path.join(self.bindir, program), "--endpoint-url", ENDPOINT, *arguments], env=self.environment)

    def archive(self, path, compression):
        self.call("barman-cloud-wal-archive", *compression, "s3://backups/cnpg", "db", path)

    def back_up(self, server):
        before = set(self.backups())
        self.call("barman-cloud-backup", "--immediate-checkpoint", "--gzip", "-h", server.sockets, "-p",
                  str(server.port), "-U", "postgres", "-d", "postgres", "s3://backups/cnpg", "db")
        return (set(self.backups()) - before).pop()

    def backups(self):
        return sorted({key.split("/")[3] for key in self.keys() if "/base/" in key})

    def keys(self):
        keys, token = [], None
        while True:
            query = {"list-type": "2", **({"continuation-token": token} if token else {})}
            tree = xml.etree.ElementTree.fromstring(fetch(f"?{urllib.parse.urlencode(query)}"))
            space = {"s": tree.tag[1:].split("}")[0]}
            keys += [node.text for node in tree.findall("s:Contents/s:Key", space)]
            token = tree.findtext("s:NextContinuationToken", None, space)
            if not token:
                return keys

    def mirror(self, directory):
        """What the bucket holds, as files."""
        for key in self.keys():
            path = os.path.join(directory, key)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "wb") as file:
                file.write(fetch(f"/{urllib.parse.quote(key)}"))

    def restore(self, backup, directory):
        self.call("barman-cloud-restore", "s3://backups/cnpg", "db", backup, directory)
        if USER:
            run(["chown", "-R", f"{USER['user']}:{USER['group']}", directory])

    def serve(self, directory):
        """What Barman hands out for every name that a server could ask for."""
        os.makedirs(directory)
        names = {split(os.path.basename(key))[0].removesuffix(".partial") for key in self.keys() if "/wals/" in key}
        for name in sorted(name for name in names if SEGMENT.match(name) or name.endswith(".history")):
            self.call("barman-cloud-wal-restore", "s3://backups/cnpg", "db", name, os.path.join(directory, name))


def build(world, barman):
    """A primary whose base backups Barman takes."""
    server = world.create("primary", 0)
    world.live(server, 3)
    server.switch()
    for _ in range(2):
        name = barman.back_up(server)
        folder = world.place(os.path.join("bases", name))
        barman.restore(name, folder)
        world.backups[name] = None
        world.live(server, 8)
        server.switch()
    world.idle(server)
    server.stop()
    world.sources = {"primary": server.archived}
    world.observe()
    kinds = [[], ["--gzip"], ["--bzip2"], ["--xz"], ["--zstd"], ["--lz4"], ["--snappy"]]
    for number, name in enumerate(sorted(os.listdir(server.archived))):
        barman.archive(os.path.join(server.archived, name), kinds[number % len(kinds)])


def main():
    program, bindir = os.path.abspath(sys.argv[1]), sys.argv[2]
    pairs = int(sys.argv[3]) if len(sys.argv) > 3 else 16
    scratch = scratch_directory()
    barman = Barman(bindir, scratch)
    begin = time.monotonic()
    try:
        tools, rng = Tools(debian_bindir()), random.Random(1)
        world = World(tools, os.path.join(scratch, "world"), rng, 7870, 1)
        build(world, barman)
        mirror, served = os.path.join(scratch, "mirror"), os.path.join(scratch, "served")
        barman.mirror(mirror)
        barman.serve(served)
        counts, bad = collections.Counter(), []
        for _ in range(pairs):
            backup = rng.choice(sorted(world.backups))
            kind, settings, asked = target(world, rng, backup)
            answer = ask(program, os.path.join(mirror, "cnpg"), asked)
            real = recover(tools, world, served, backup, settings, 7879, os.path.join(scratch, "recovered"))
            result, why = differences(world, answer, real)
            counts[kind, real["outcome"], answer["verdict"], result] += 1
            line = f"{result}: {asked} {real['outcome']} {real['message'] or real['stop']}; {why}"
            print(line, flush=True)
            if result not in ("agrees", "undecided"):
                bad.append(line)
        kept = sorted(re.sub(r".*/", "", key) for key in barman.keys() if "/wals/" in key)
        print("objects:", " ".join(kept))
        report(tools, counts, bad, pairs, 1, time.monotonic() - begin)
    finally:
        barman.server.terminate()
        barman.server.wait()
        shutil.rmtree(scratch, ignore_errors=True)


if __name__ == "__main__":
    main()
