"""A PostgreSQL server of the harness: started, written to, backed up, promoted."""

import os
import pwd
import re
import shutil
import subprocess
import tempfile
import time

SETTINGS = """
listen_addresses = ''
fsync = off
archive_mode = on
max_prepared_transactions = 5
max_wal_senders = 4
shared_buffers = 16MB
autovacuum = off
track_commit_timestamp = on
checkpoint_timeout = 1h
bgwriter_lru_maxpages = 0
timezone = UTC
log_timezone = UTC
wal_level = replica
hot_standby = on
"""


# Who runs PostgreSQL's programs, as `subprocess` takes it: they refuse to be run by root.
USER = {}


def choose_user():
    """Lets another user run the servers, where this is root."""
    if os.geteuid() == 0:
        names = {entry.pw_name for entry in pwd.getpwall()}
        user = pwd.getpwnam("postgres" if "postgres" in names else "nobody")
        USER.update(user=user.pw_uid, group=user.pw_gid, extra_groups=[])


def give(path):
    """Makes the user of the servers the owner."""
    if USER:
        os.chown(path, USER["user"], USER["group"])


def write(path, text=""):
    """Writes a file of a data directory."""
    with open(path, "w") as file:
        file.write(text)
    give(path)


def run(arguments, **more):
    """Runs a program to its end and returns what it prints."""
    done = subprocess.run(arguments, capture_output=True, text=True, **more)
    if done.returncode != 0:
        raise RuntimeError(f"{arguments[0]} failed: {done.stderr[-2000:]}")
    return done.stdout


# Lets a program see another time, where it is installed.
FAKE_TIME = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1"


def clock(offset):
    """The environment of a program whose clock is off by so many seconds."""
    if not offset or not os.path.exists(FAKE_TIME):
        return None
    return {**os.environ, "LD_PRELOAD": FAKE_TIME, "FAKETIME": f"{offset:+d}s", "FAKETIME_DONT_FAKE_MONOTONIC": "1"}


class Tools:
    """The programs of one PostgreSQL installation. `psql` may be of another one."""

    def __init__(self, bindir):
        self.bindir = bindir
        self.psql = shutil.which("psql", path=f"{bindir}:{os.environ['PATH']}")
        version = run([os.path.join(bindir, "postgres"), "--version"])
        self.major = int(re.search(r"\) (\d+)", version).group(1))

    def path(self, name):
        return os.path.join(self.bindir, name)


class Server:
    """One data directory. Files that its archiver takes go to `archived`."""

    def __init__(self, tools, directory, port, archived):
        self.tools, self.directory, self.port, self.archived = tools, directory, port, archived
        self.sockets = tempfile.gettempdir()
        self.process = None
        # More lines of its configuration.
        self.settings = ""
        # Seconds by which its clock is off.
        self.offset = 0
        os.makedirs(archived, exist_ok=True)
        give(archived)

    def initialise(self, segment_mib):
        run([self.tools.path("initdb"), "-D", self.directory, f"--wal-segsize={segment_mib}",
             "-A", "trust", "-U", "postgres", "--no-sync"], **USER, cwd="/")
        self.configure()

    def configure(self, extra=""):
        """Writes the settings; `extra` wins over the others."""
        wal = max(64, 5 * int(getattr(self, "segment_mib", 16)))
        # A standby on a busy machine may be far behind.
        keep = "wal_keep_size = 512MB" if self.tools.major >= 13 else "wal_keep_segments = 64"
        text = SETTINGS + f"""
port = {self.port}
unix_socket_directories = '{self.sockets}'
max_wal_size = {wal}MB
{keep}
{self.settings}
archive_command = 'test -f {self.archived}/%f || (cp %p {self.archived}/%f.tmp && mv {self.archived}/%f.tmp {self.archived}/%f)'
""" + extra
        main = os.path.join(self.directory, "postgresql.conf")
        write(os.path.join(self.directory, "postgresql.auto.conf"))
        write(os.path.join(self.directory, "harness.conf"), text)
        with open(main) as file:
            included = "harness.conf" in file.read()
        if not included:
            with open(main, "a") as file:
                file.write("\ninclude 'harness.conf'\n")

    def start(self):
        self.log = open(os.path.join(self.directory, "server.log"), "w")
        self.process = subprocess.Popen([self.tools.path("postgres"), "-D", self.directory],
                                        stdout=self.log, stderr=self.log, cwd="/", env=clock(self.offset), **USER)

    def start_and_wait(self):
        self.start()
        self.wait(lambda: self.answers(), "start")

    def answers(self):
        if self.process.poll() is not None:
            raise RuntimeError(self.read_log()[-2000:])
        try:
            return self.ask("select 1") == "1"
        except RuntimeError:
            return False

    def stop(self, immediate=False):
        if self.process and self.process.poll() is None:
            self.process.send_signal(3 if immediate else 2)
            self.process.wait()
        if self.process:
            self.log.close()

    def read_log(self):
        with open(os.path.join(self.directory, "server.log"), errors="replace") as file:
            return file.read()

    def client(self):
        return [self.tools.psql, "-h", self.sockets, "-p", str(self.port), "-U", "postgres", "-d", "postgres", "-XAtq"]

    def ask(self, sql):
        """Runs SQL in one session and returns the last answer."""
        return run([*self.client(), "-v", "ON_ERROR_STOP=1"], input=sql).strip()

    def ask_beside(self, sql):
        """Runs SQL while the harness goes on, whatever comes of it."""
        return subprocess.Popen([*self.client(), "-c", sql], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def wait(self, condition, what, seconds=60):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if condition():
                return
            time.sleep(0.03)
        raise RuntimeError(f"{what} takes too long: {self.read_log()[-2000:]}")

    def switch(self):
        """Closes the segment and waits until it is archived."""
        # At a border, releases before 17 name the segment before it and the others the one behind.
        before = " - 1" if self.tools.major >= 17 else ""
        name = self.ask(f"select pg_walfile_name(pg_switch_wal(){before})")
        path = os.path.join(self.archived, name)
        self.wait(lambda: os.path.exists(path), f"archiving {name}")
        return name

    def backup(self, destination, name, during=None):
        """Copies the data directory as a base backup and returns what Barman would note about it."""
        exclusive = self.tools.major < 15
        start, stop = ("pg_start_backup('{}', true, false)", "pg_stop_backup(false, false)") if exclusive \
            else ("pg_backup_start('{}', true)", "pg_backup_stop(false)")
        session = subprocess.Popen(self.client(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)

        def ask(sql):
            session.stdin.write(sql + ";\n\\echo @@\n")
            session.stdin.flush()
            lines = []
            while (line := session.stdout.readline()).strip() != "@@":
                if not line:
                    raise RuntimeError("the session of the backup broke off")
                lines.append(line.rstrip("\n"))
            return "\n".join(lines)

        begin_time, begin = ask("select now(), " + start.format("Barman backup cloud " + name)).split("|")
        if during:
            during()
        os.makedirs(destination, mode=0o700)
        # Files may vanish meanwhile; `pg_control` comes last, as every backup program does it.
        run(["sh", "-c", f"cp -a {self.directory}/. {destination}/ 2>/dev/null; cd {destination} && "
             "rm -rf pg_wal/* postmaster.* server.log standby.signal recovery.signal pg_replslot/* && "
             f"cp -a {self.directory}/global/pg_control global/pg_control"])
        os.makedirs(os.path.join(destination, "pg_wal", "archive_status"))
        give(os.path.join(destination, "pg_wal", "archive_status"))
        timeline = ask("select timeline_id from pg_control_checkpoint()")
        end_time, end, label = ask(f"select now()||'#'||lsn||'#'||labelfile from {stop}").split("#")
        session.stdin.close()
        session.wait()
        write(os.path.join(destination, "backup_label"), label.rstrip("\n") + "\n")
        return {
            "begin_time": begin_time, "begin_xlog": begin, "end_time": end_time, "end_xlog": end,
            "label": label.rstrip("\n") + "\n", "timeline": int(re.search(r"START TIMELINE: (\d+)", label).group(1)),
            "checkpoint_timeline": int(timeline),
            "systemid": self.ask("select system_identifier from pg_control_system()"),
            "version": self.ask("show server_version_num"),
        }
