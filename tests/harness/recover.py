"""A real recovery, and what came of it."""

import os
import re
import shutil

from server import Server, run, write


def recover(tools, world, served, backup, settings, port, directory):
    """Recovers `backup` from the files in `served`. Returns the outcome, PostgreSQL's message and the rows."""
    shutil.rmtree(directory, ignore_errors=True)
    run(["cp", "-a", world.place(os.path.join("bases", backup)), directory])
    os.chmod(directory, 0o700)
    server = Server(tools, directory, port, os.path.join(directory, "archived-after"))
    server.segment_mib = world.segment_mib
    targets = "".join(f"{key} = '{value}'\n" for key, value in settings.items())
    server.configure(f"archive_mode = off\nrestore_command = 'cp {served}/%f %p'\n"
                     f"recovery_target_action = promote\n{targets}")
    write(os.path.join(directory, "recovery.signal"))
    server.start()

    def promoted():
        parts = server.read_log().split("archive recovery complete")
        return len(parts) > 1 and "ready to accept connections" in parts[1]

    server.wait(lambda: promoted() or server.process.poll() is not None, "recovery", 180)
    done = {"outcome": "FATAL", "message": None, "rows": []}
    if promoted():
        done["outcome"] = "PROMOTED"
        done["rows"] = [line.split("|") for line in server.ask("select label, xid from t").splitlines()]
    server.stop(immediate=True)
    log = server.read_log()
    fatal = re.search(r"(?:FATAL|PANIC): +(.*)", log)
    done["message"] = fatal.group(1) if fatal and done["outcome"] == "FATAL" else None
    done["stop"] = (re.findall(r"recovery stopping .*", log) or [None])[0]
    done["log"] = log
    return done
