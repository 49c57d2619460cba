"""Servers with a history: what was written, when, and which files their archivers took."""

import os
import re
import shutil
import subprocess

from archive import number
from server import USER, Server, give, run, write


class World:
    """One or more servers, their base backups, and what recovery targets can be made of."""

    def __init__(self, tools, directory, random, port, segment_mib):
        self.tools, self.directory, self.random, self.port = tools, directory, random, port
        self.segment_mib = segment_mib
        shutil.rmtree(directory, ignore_errors=True)
        os.makedirs(os.path.join(directory, "bases"))
        give(directory)
        # Label of each committed row, in the order of commits: its transaction.
        self.rows = {}
        self.names, self.xids = ["no such name"], []
        self.backups = {}
        self.labels = 0
        self.clock = 0

    def place(self, name):
        return os.path.join(self.directory, name)

    def server(self, name, port=0):
        server = Server(self.tools, self.place(name), self.port + port, self.place("archived-" + name))
        server.segment_mib = self.segment_mib
        return server

    # What a server does, one statement of SQL at a time.

    def insert(self):
        self.labels += 1
        return f"insert into t values ('r{self.labels:05}', txid_current()::text)", f"r{self.labels:05}"

    def commit(self, server, around="{}"):
        sql, label = self.insert()
        server.ask(around.format(sql))
        self.rows[label] = len(self.rows)

    def write(self, server, kind):
        """One of the things that happen in a database."""
        if kind == "rows":
            for _ in range(self.random.randint(1, 4)):
                self.commit(server)
        elif kind == "abort":
            sql, _ = self.insert()
            self.xids.append(server.ask(f"begin; {sql}; select txid_current(); rollback"))
        elif kind == "subtransaction":
            sql, label = self.insert()
            inner, _ = self.insert()
            self.xids.append(server.ask(
                f"begin; {sql}; savepoint s; {inner}; select xmin from t order by label desc limit 1; "
                "rollback to savepoint s; commit"))
            self.rows[label] = len(self.rows)
        elif kind == "released":
            self.commit(server, "begin; insert into filler values ('x'); savepoint s; {}; release savepoint s; commit")
        elif kind == "prepared":
            sql, label = self.insert()
            self.xids.append(server.ask(
                f"begin; {sql}; select txid_current(); prepare transaction 'p{self.labels}'"))
            self.write(server, "rows")
            if self.random.random() < 0.7:
                server.ask(f"commit prepared 'p{int(label[1:])}'")
                self.rows[label] = len(self.rows)
            else:
                server.ask(f"rollback prepared 'p{int(label[1:])}'")
        elif kind == "bulk":
            sql, label = self.insert()
            server.ask(f"begin; insert into filler select repeat('x', 500) from generate_series(1, {self.random.randint(500, 4000)}); {sql}; commit")
            self.rows[label] = len(self.rows)
        elif kind == "point":
            name = f"point {len(self.names)}"
            if self.random.random() < 0.15 and len(self.names) > 1:
                name = self.names[-1]
            server.ask(f"select pg_create_restore_point('{name}')")
            self.names.append(name)
        elif kind == "checkpoint":
            server.ask("checkpoint")
        elif kind == "message":
            server.ask("select pg_logical_emit_message(false, 'harness', 'no transaction')")
        elif kind == "switch":
            server.ask("select pg_logical_emit_message(false, 'harness', 'something to archive')")
            server.switch()

    KINDS = ["rows"] * 6 + ["abort", "subtransaction", "released", "prepared", "bulk", "point", "point",
                            "checkpoint", "message", "switch", "switch"]

    def live(self, server, steps):
        for _ in range(steps):
            self.write(server, self.random.choice(self.KINDS))

    def back_up(self, server, during=None):
        self.clock += 1
        name = f"20260101T{self.clock:06}"
        folder = self.place(os.path.join("bases", name))
        self.backups[name] = server.backup(folder, name, during)
        return name

    def create(self, name, port):
        server = self.server(name, port)
        server.initialise(self.segment_mib)
        server.start_and_wait()
        server.ask("create table t(label text, xid text); create table filler(x text)")
        return server

    # Histories of servers.

    def build(self):
        """A primary with backups, perhaps a failover, a stale fork and another system. Sets `sources`."""
        random = self.random
        primary = self.create("primary", 0)
        self.live(primary, 3)
        primary.switch()
        self.back_up(primary)
        self.live(primary, random.randint(6, 12))
        primary.switch()
        self.back_up(primary, lambda: [self.commit(primary) for _ in range(random.randint(0, 3))])
        self.live(primary, random.randint(6, 12))
        primary.switch()
        self.idle(primary)
        self.sources = {"primary": primary.archived}
        if random.random() < 0.7:
            self.fail_over(primary)
        else:
            primary.stop()
        if random.random() < 0.6:
            self.fork()
        self.other_system()
        self.observe()

    def idle(self, server):
        """Segments in which no transaction ends."""
        for _ in range(self.random.randint(0, 3)):
            self.write(server, self.random.choice(["checkpoint", "message", "point"]))
            server.ask("select pg_logical_emit_message(false, 'harness', 'something to archive')")
            server.switch()

    def fail_over(self, primary):
        """A standby is backed up, follows, and is promoted while the primary goes away."""
        standby = self.server("standby", 1)
        copier = self.tools.path("pg_basebackup")
        if not os.path.exists(copier):
            primary.stop()
            return
        run([copier, "-h", primary.sockets, "-p", str(primary.port), "-U", "postgres", "-D", standby.directory,
             "-X", "stream", "-c", "fast"], **USER, cwd="/")
        standby.configure(f"primary_conninfo = 'host={primary.sockets} port={primary.port} user=postgres'\n"
                          "recovery_target_timeline = latest\n")
        write(os.path.join(standby.directory, "standby.signal"))
        standby.start_and_wait()
        self.live(primary, 4)
        self.catch_up(primary, standby)
        if self.random.random() < 0.6:
            primary.ask("checkpoint")
            self.catch_up(primary, standby)
            self.back_up(standby)
        self.live(primary, self.random.randint(3, 6))
        self.catch_up(primary, standby)
        self.fork_segment = primary.ask("select pg_walfile_name(pg_current_wal_lsn())")
        primary.stop(immediate=self.random.random() < 0.5)
        standby.ask("select pg_promote()")
        self.live(standby, self.random.randint(3, 6))
        standby.switch()
        self.back_up(standby)
        self.live(standby, self.random.randint(3, 8))
        standby.switch()
        self.idle(standby)
        standby.stop()
        self.sources["standby"] = standby.archived

    def catch_up(self, primary, standby):
        position = primary.ask("select pg_current_wal_flush_lsn()")
        standby.wait(lambda: standby.ask(f"select pg_last_wal_replay_lsn() >= '{position}'") == "t", "replay")

    def fork(self):
        """A test restore of an early backup that archives under the next free timeline."""
        names = sorted(self.backups)
        name = self.random.choice(names[:2])
        served = self.sources["primary"]
        server = self.server("fork", 2)
        run(["cp", "-a", self.place(os.path.join("bases", name)), server.directory])
        os.chmod(server.directory, 0o700)
        # The names that the archive already has keep it from taking a timeline twice.
        for source in self.sources.values():
            for file in os.listdir(source):
                if file.endswith(".history"):
                    shutil.copy(os.path.join(source, file), served)
        server.configure(f"restore_command = 'cp {served}/%f %p'\nrecovery_target_timeline = 'current'\n"
                         f"recovery_target_action = promote\nrecovery_target = 'immediate'\n")
        write(os.path.join(server.directory, "recovery.signal"))
        server.start_and_wait()
        server.wait(lambda: server.ask("select pg_is_in_recovery()") == "f", "promotion")
        self.live(server, 4)
        server.switch()
        self.live(server, 3)
        server.switch()
        server.stop()
        self.sources["fork"] = server.archived

    def other_system(self):
        server = self.create("other", 3)
        for _ in range(10):
            self.commit(server)
            server.switch()
        server.stop()
        self.other = server.archived

    def observe(self):
        """Reads times, positions and numbers of what was archived, for targets to be made of."""
        self.ends, self.positions = [], []
        for source in self.sources.values():
            for name in sorted(os.listdir(source)):
                if re.fullmatch(r"[0-9A-F]{24}", name):
                    self.read_segment(os.path.join(source, name))

    def read_segment(self, path):
        if not self.tools.waldump:
            return
        text = subprocess.run([self.tools.waldump, path], capture_output=True, text=True,
                              env={**os.environ, "TZ": "UTC"}).stdout
        for line in text.splitlines():
            found = re.search(r"tx:\s+(\d+), lsn: (\S+), prev", line)
            if not found:
                continue
            self.positions.append(found.group(2))
            end = re.search(r"desc: (?:COMMIT|ABORT)(?:_PREPARED (\d+))?\S* .*?(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+) UTC", line)
            if end:
                self.ends.append((end.group(2), number(found.group(2))))
                self.xids.append(end.group(1) or found.group(1))
