"""Archives made of a world: what was uploaded, what got lost, what was damaged."""

import os
from datetime import datetime, timedelta

from archive import SEGMENT, Archive, available, split


def compose(world, random, directory):
    """An archive with some of the world's files, and a list of what was done to it."""
    archive, done = Archive(directory), []
    names = [name for name in world.sources if name != "fork" or random.random() < 0.5]
    hows = available()
    # Python is slow at this one.
    if world.segment_mib > 1 and "snappy" in hows:
        hows.remove("snappy")
    how = random.choice(hows)
    mixed = random.random() < 0.25
    segments = []
    for source in names:
        folder = world.sources[source]
        for name in sorted(os.listdir(folder)):
            if name.endswith((".tmp", ".ready")):
                continue
            if source == "primary" and name.endswith(".history"):
                continue
            if SEGMENT.match(name):
                segments.append((source, name))
            archive.put(os.path.join(folder, name), name, random.choice(hows) if mixed else how)
    done.append("+".join(names) + " " + ("mixed" if mixed else how))
    for backup, info in world.backups.items():
        if info["systemid"] != world.backups[min(world.backups)]["systemid"]:
            continue
        archive.add_backup(backup, info, world.place(os.path.join("bases", backup)), world.segment_mib << 20)
    if "standby" in names and random.random() < 0.5:
        done.append(lose_backlog(world, random, archive))
    for _ in range(random.choice([0, 0, 1, 1, 2])):
        done.append(damage(world, random, archive))
    return archive, [step for step in done if step]


def lose_backlog(world, random, archive):
    """The old primary died before it archived its last segments."""
    own = [(name, path) for name, path in archive.segments()
           if name.startswith("00000001") and not split(name)[0].endswith(".partial")]
    lost = own[-random.randint(1, 3):]
    for _, path in lost:
        os.remove(path)
    return f"backlog of {len(lost)} lost"


def damage(world, random, archive):
    """One thing that goes wrong in archives."""
    segments = archive.segments()
    if not segments:
        return None
    name, path = random.choice(segments)
    plain, how = split(name)
    kind = random.choice(["lose", "lose", "flip", "flip", "flip", "cut", "zero", "other", "partial", "both",
                          "history", "object", "switch"])
    source = next((os.path.join(folder, plain) for folder in world.sources.values()
                   if os.path.exists(os.path.join(folder, plain))), None)
    if source is None:
        return None
    with open(source, "rb") as file:
        content = bytearray(file.read())
    used = max(len(bytes(content).rstrip(b"\0")), 1)
    if kind == "lose":
        os.remove(path)
    elif kind == "flip":
        content[random.randrange(used)] ^= 1 << random.randrange(8)
        archive.put_bytes(bytes(content), plain, how)
    elif kind == "cut":
        keep = random.choice([0, 100, 8192, len(content) // 2, len(content) - 1])
        archive.put_bytes(bytes(content[:keep]), plain, how)
        kind += f" to {keep}"
    elif kind == "zero":
        start = random.randrange(0, used) // 8192 * 8192 if random.random() < 0.5 else random.randrange(used)
        content[start:] = bytes(len(content) - start)
        archive.put_bytes(bytes(content), plain, how)
    elif kind == "other":
        other = os.path.join(world.other, "00000001" + plain[8:])
        if not os.path.exists(other):
            return None
        archive.put(other, plain, how)
    elif kind == "partial":
        os.rename(path, archive.path(plain + ".partial", how))
    elif kind == "both":
        start = random.randrange(used)
        content[start:] = bytes(len(content) - start)
        archive.put_bytes(bytes(content), plain + ".partial", how)
    elif kind == "history":
        histories = [path for name, path in archive.objects() if ".history" in name]
        if not histories:
            return None
        path = random.choice(histories)
        os.remove(path)
        plain = os.path.basename(path)
    elif kind == "switch":
        later = [(name, path) for name, path in segments if not name.startswith("00000001")]
        if not later:
            return None
        plain, path = min(later)
        os.remove(path)
    elif kind == "object":
        with open(path, "rb") as file:
            stored = file.read()
        with open(path, "wb") as file:
            file.write(stored[:len(stored) // 2])
    return f"{kind} {plain}"


def target(world, random, backup):
    """Settings of PostgreSQL and the same as arguments of walbound."""
    settings, arguments = {}, ["--backup-id", backup]
    kind = random.choice(["time"] * 6 + ["lsn"] * 3 + ["xid"] * 3 + ["name"] * 2 + ["immediate", "latest", "latest"])
    if kind == "time" and not world.ends or kind == "lsn" and not world.positions:
        kind = "latest"
    if kind == "time":
        text, _ = random.choice(world.ends)
        shift = random.choice([0, 0, 0, 1, -1, 2000, -2000, 700_000, 3_600_000_000])
        text = shifted(text, shift) + "+00"
        settings["recovery_target_time"] = text
        arguments += ["--target-time", text]
    elif kind == "lsn":
        high, low = random.choice(world.positions).split("/")
        text = f"{high}/{int(low, 16) + random.choice([0, 0, 1, -1, 8]):X}"
        settings["recovery_target_lsn"] = text
        arguments += ["--target-lsn", text]
    elif kind == "xid":
        xid = random.choice([xid for xid in world.xids if int(xid) > 2])
        settings["recovery_target_xid"] = xid
        arguments += ["--target-xid", xid]
    elif kind == "name":
        name = random.choice(world.names)
        settings["recovery_target_name"] = name
        arguments += ["--target-name", name]
    elif kind == "immediate":
        settings["recovery_target"] = "immediate"
        arguments.append("--target-immediate")
    else:
        arguments.append("--latest")
    if kind != "latest" and random.random() < 0.35:
        settings["recovery_target_inclusive"] = "off"
        arguments.append("--exclusive")
    if random.random() < 0.3:
        timeline = random.choice(["1", "1", "2", "2", "3"])
        settings["recovery_target_timeline"] = timeline
        arguments += ["--target-tli", timeline]
    else:
        # PostgreSQL before 12 had another default; be plain.
        settings["recovery_target_timeline"] = "latest"
    return kind, settings, arguments


def shifted(text, micros):
    time = datetime.strptime(text, "%Y-%m-%d %H:%M:%S.%f") + timedelta(microseconds=micros)
    return time.strftime("%Y-%m-%d %H:%M:%S.%f")
