"""Archives made of a world: what was uploaded, what got lost, what was damaged."""

import os
from datetime import datetime, timedelta

from archive import SEGMENT, Archive, available, decompress, number, split


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
    for source in names:
        folder = world.sources[source]
        for name in sorted(os.listdir(folder)):
            if name.endswith((".tmp", ".ready")):
                continue
            if source == "primary" and name.endswith(".history"):
                continue
            archive.put(os.path.join(folder, name), name, random.choice(hows) if mixed else how)
    done.append("+".join(names) + " " + ("mixed" if mixed else how))
    again = random.random() < 0.15
    for backup, info in world.backups.items():
        if backup == world.other_backup and not again:
            continue
        archive.add_backup(backup, info, world.place(os.path.join("bases", backup)), world.segment_mib << 20)
    if again:
        done.append(begin_again(world, random, archive, how))
    if "standby" in names and random.random() < 0.5:
        done.append(lose_backlog(world, random, archive))
    for _ in range(random.choice([0, 0, 1, 1, 2])):
        done.append(damage(world, random, archive))
    return archive, [step for step in done if step]


def begin_again(world, random, archive, how):
    """Another system archives into the same place: its segments replace those of the same names."""
    names = sorted(name for name in os.listdir(world.other) if SEGMENT.match(name))
    first = random.choice(names)
    for name in names:
        if name >= first:
            archive.put(os.path.join(world.other, name), name, how)
    return f"another system from {first} on"


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
    kind = random.choice(["lose", "lose", "flip", "flip", "flip", "header", "cut", "grow", "zero", "other", "neighbour",
                          "timeline", "partial", "both", "twice", "lost history", "history", "history", "object", "switch"])
    if kind in ("history", "lost history"):
        return damage_history(random, archive, kind)
    segments = archive.segments()
    if kind == "switch":
        segments = [found for found in segments if not found[0].startswith("00000001")][:1]
    if not segments:
        return None
    name, path = random.choice(segments)
    plain, how = split(name)
    source = next((os.path.join(folder, plain) for folder in world.sources.values()
                   if os.path.exists(os.path.join(folder, plain))), None)
    if source is None:
        return None
    if kind in ("lose", "switch"):
        os.remove(path)
    elif kind == "partial":
        os.rename(path, archive.path(plain + ".partial", how))
    elif kind == "object":
        with open(path, "rb") as file:
            stored = file.read()
        with open(path, "wb") as file:
            file.write(stored[:len(stored) // 2])
    elif kind in ("other", "neighbour", "timeline"):
        if not replace(world, random, archive, kind, plain, how):
            return None
    else:
        with open(source, "rb") as file:
            content = file.read()
        kind += damage_content(random, archive, kind, bytearray(content), plain, how)
    return f"{kind} {plain}"


def damage_content(random, archive, kind, content, plain, how):
    """Stores other content under the name of a segment. Returns more to say about it."""
    used = max(len(bytes(content).rstrip(b"\0")), 1)
    name, more = plain, ""
    if kind == "flip":
        content[random.randrange(used)] ^= 1 << random.randrange(8)
    elif kind == "header":
        at = random.randrange(0, used) // 8192 * 8192 if random.random() < 0.7 else 0
        at += random.randrange(40)
        content[at] ^= 1 << random.randrange(8)
        more = f" at {at}"
    elif kind == "cut":
        keep = random.choice([0, 100, 8192, len(content) // 2, len(content) - 1])
        del content[keep:]
        more = f" to {keep}"
    elif kind == "grow":
        content += bytes(random.choice([1, 8192]))
    elif kind == "zero":
        start = random.randrange(0, used) // 8192 * 8192 if random.random() < 0.5 else random.randrange(used)
        content[start:] = bytes(len(content) - start)
    elif kind in ("both", "twice"):
        # Two objects of one segment: a restore may get either.
        start = random.randrange(used)
        content[start:] = bytes(len(content) - start)
        if kind == "both":
            name += ".partial"
        else:
            how = random.choice([other for other in ("none", "gzip", "xz") if other != how])
    archive.put_bytes(bytes(content), name, how)
    return more


def replace(world, random, archive, kind, plain, how):
    """Stores another segment under the name of one."""
    if kind == "other":
        source = os.path.join(world.other, "00000001" + plain[8:])
    else:
        folder = random.choice(sorted(world.sources.values()))
        names = sorted(name for name in os.listdir(folder) if SEGMENT.match(name))
        if kind == "neighbour":
            names = [name for name in names if name != plain]
        else:
            names = [name for name in names if name != plain and name[8:] == plain[8:]]
        if not names:
            return False
        source = os.path.join(folder, random.choice(names))
    if os.path.exists(source):
        archive.put(source, plain, how)
        return True
    return False


def damage_history(random, archive, kind):
    """Loses a history, or changes what it says."""
    histories = [(name, path) for name, path in archive.objects() if ".history" in name]
    if not histories:
        return None
    name, path = random.choice(histories)
    if kind == "lost history":
        os.remove(path)
        return f"{kind} {name}"
    plain, how = split(name)
    with open(path, "rb") as file:
        lines = decompress(file.read(), how).decode().splitlines(keepends=True)
    change = random.choice(["cut", "empty", "garbage", "parent", "earlier", "later", "shortened", "comment", "reversed"])
    fields = lines[-1].split("\t") if lines[-1].strip() else lines[0].split("\t")
    if change == "cut":
        lines[-1] = lines[-1][:random.randrange(len(lines[-1]))]
    elif change == "empty":
        lines = []
    elif change == "garbage":
        lines.insert(random.randrange(len(lines) + 1), random.choice(["x\n", "1\n", "1\t0\n", "\x00\x01\n", "9\t0/1\tr\n"]))
    elif change == "parent":
        fields[0] = str(int(fields[0]) + random.choice([1, 2]))
        lines[-1] = "\t".join(fields)
    elif change in ("earlier", "later"):
        shift = random.choice([8, 0x2000, 0x100000, 0x1000000])
        moved = number(fields[1]) + (shift if change == "later" else -shift)
        fields[1] = f"{moved >> 32:X}/{moved & 0xFFFFFFFF:X}"
        lines[-1] = "\t".join(fields)
    elif change == "shortened":
        del lines[0]
    elif change == "comment":
        lines.insert(0, "# a comment\n\n")
    else:
        lines.reverse()
    archive.put_bytes("".join(lines).encode(), plain, how)
    return f"{kind} {change} {name}"


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
