"""Servers with a history: what was written, when, and which files their archivers took."""

import os
import re
import shutil
import time

import wal
from server import Server, give, run, write


# Seconds that a server's clock may be off.
OFFSETS = [0, 0, -1200, -45, 2, 900]


class World:
    """One or more servers, their base backups, and what recovery targets can be made of."""

    def __init__(self, tools, directory, random, port, segment_mib):
        self.tools, self.directory, self.random, self.port = tools, directory, random, port
        self.segment_mib = segment_mib
        self.settings = random.choice(["", "", "wal_compression = on", "wal_level = logical"])
        shutil.rmtree(directory, ignore_errors=True)
        os.makedirs(os.path.join(directory, "bases"))
        give(directory)
        # Label of each committed row, in the order of commits: its transaction.
        self.rows = {}
        self.names, self.xids = ["no such name"], []
        self.backups = {}
        self.labels = 0
        self.taken = 0

    def place(self, name):
        return os.path.join(self.directory, name)

    def server(self, name, port=0):
        server = Server(self.tools, self.place(name), self.port + port, self.place("archived-" + name))
        server.segment_mib = self.segment_mib
        server.settings = self.settings
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
        elif kind == "prepared change":
            self.prepare_change(server)
        elif kind == "crash":
            self.crash(server)
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

    KINDS = ["rows"] * 6 + ["abort", "subtransaction", "released", "prepared", "prepared change", "bulk", "point",
                            "point", "checkpoint", "message", "switch", "switch", "crash"]

    def prepare_change(self, server):
        """A prepared transaction with subtransactions that makes and drops tables: its end says more than others."""
        number = self.labels + 1
        self.commit(server, f"begin; {{}}; create table old{number} (x text); create index on old{number} (x); commit")
        sql, label = self.insert()
        number = self.labels
        self.xids.append(server.ask(
            f"begin; savepoint a; {sql}; release a; savepoint b; create table new{number} (x int primary key); "
            f"drop table old{number - 1}; release b; select txid_current(); prepare transaction 'c{number}'"))
        self.write(server, "rows")
        if self.random.random() < 0.7:
            server.ask(f"commit prepared 'c{number}'")
            self.rows[label] = len(self.rows)
        else:
            server.ask(f"rollback prepared 'c{number}'")

    @staticmethod
    def endless(rows):
        """Many records of a transaction that does not commit: whatever does leaves a row to compare."""
        return f"begin; insert into filler select repeat('x', 900) from generate_series(1, {rows}); rollback"

    def crash(self, server):
        """The server dies while it writes, which often leaves half a record, and starts again, perhaps by another clock."""
        rows = 2000 * min(self.segment_mib, 16)
        writing = server.ask_beside(self.endless(rows))
        time.sleep(self.random.uniform(0, 0.15))
        server.stop(immediate=True)
        writing.wait()
        server.offset = self.random.choice([server.offset, *OFFSETS])
        server.start_and_wait()

    def live(self, server, steps):
        for _ in range(steps):
            self.write(server, self.random.choice(self.KINDS))

    def back_up(self, server, during=None):
        self.taken += 1
        name = f"20260101T{self.taken:06}"
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
        """A primary with backups, perhaps failovers, a stale fork and another system. Sets `sources`."""
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
        last = primary
        if random.random() < 0.7:
            last = self.fail_over(last, "standby", 1)
            if random.random() < 0.4:
                last = self.fail_over(last, "second", 4)
        last.stop()
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

    def fail_over(self, primary, name, port):
        """A standby is backed up, follows, and is promoted while the primary goes away. Returns it."""
        standby = self.server(name, port)
        standby.offset = self.random.choice([primary.offset, *OFFSETS])
        primary.backup(standby.directory, name)
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
        # Else the primary often goes away in the segment where that backup begins.
        if self.random.random() < 0.7:
            self.live(primary, self.random.randint(3, 6))
        left = self.leave_prepared(primary) if self.random.random() < 0.4 else None
        if self.random.random() < 0.4:
            # It goes away in the middle of a record.
            writing = primary.ask_beside(self.endless(4000))
            time.sleep(self.random.uniform(0, 0.1))
            primary.stop(immediate=True)
            writing.wait()
        else:
            self.catch_up(primary, standby)
            primary.stop(immediate=self.random.random() < 0.5)
        standby.ask("select pg_promote()")
        self.live(standby, self.random.randint(1, 4))
        if left and standby.ask(f"select 1 from pg_prepared_xacts where gid = '{left}'"):
            standby.ask(f"commit prepared '{left}'")
            self.rows[left] = len(self.rows)
        self.live(standby, self.random.randint(1, 3))
        standby.switch()
        self.back_up(standby)
        self.live(standby, self.random.randint(3, 8))
        standby.switch()
        self.idle(standby)
        self.sources[name] = standby.archived
        return standby

    def leave_prepared(self, server):
        """A transaction that is prepared here and ends on another timeline."""
        sql, label = self.insert()
        server.ask(f"begin; {sql}; prepare transaction '{label}'")
        self.write(server, "rows")
        return label

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
        # The names that the archive already has keep it from taking a timeline twice, unless they come too late.
        if self.random.random() < 0.7:
            for source in list(self.sources.values()):
                for file in os.listdir(source):
                    if file.endswith(".history") and source != served:
                        shutil.copy(os.path.join(source, file), served)
                        give(os.path.join(served, file))
        stop = self.random.choice(["recovery_target = 'immediate'", ""])
        server.configure(f"restore_command = 'cp {served}/%f %p'\nrecovery_target_timeline = 'current'\n"
                         f"recovery_target_action = promote\n{stop}\n")
        server.offset = self.random.choice(OFFSETS)
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
        """Another database that archives into the same place, with a backup."""
        server = self.create("other", 3)
        for number in range(10):
            if number == 4:
                self.other_backup = self.back_up(server)
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
        for position, ended in wal.Segment(path).observe():
            self.positions.append(wal.text(position))
            if ended:
                time, xid = ended
                self.ends.append((time, position))
                self.xids.append(xid)
