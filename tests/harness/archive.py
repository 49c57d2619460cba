"""Barman's layout in a directory: uploading, and what `barman-cloud-wal-restore` would hand out."""

import bz2
import gzip
import lzma
import os
import re
import shutil
import struct
import subprocess
import tarfile
import zlib

SEGMENT = re.compile(r"[0-9A-F]{24}$")
SUFFIXES = {"none": "", "gzip": ".gz", "bzip2": ".bz2", "xz": ".xz", "zstd": ".zst", "lz4": ".lz4", "snappy": ".snappy"}


def available():
    """The compressions that this machine can write."""
    return [name for name in SUFFIXES if name not in ("zstd", "lz4") or shutil.which(name)]


def crc32c_table():
    table = []
    for byte in range(256):
        for _ in range(8):
            byte = byte >> 1 ^ (0x82F63B78 if byte & 1 else 0)
        table.append(byte)
    return table


TABLE = crc32c_table()


def snappy(content):
    """The framed format with stored blocks, which every reader takes."""
    out = [b"\xff\x06\x00\x00sNaPpY"]
    for at in range(0, len(content), 65536):
        block = content[at:at + 65536]
        checksum = 0xFFFFFFFF
        for byte in block:
            checksum = TABLE[(checksum ^ byte) & 0xFF] ^ checksum >> 8
        checksum ^= 0xFFFFFFFF
        masked = ((checksum >> 15 | checksum << 17) + 0xA282EAD8) & 0xFFFFFFFF
        out.append(b"\x01" + struct.pack("<I", len(block) + 4)[:3] + struct.pack("<I", masked) + block)
    return b"".join(out)


def unsnappy(content):
    if not content.startswith(b"\xff\x06\x00\x00sNaPpY"):
        raise ValueError("not in snappy format")
    out, at = [], 10
    while at < len(content):
        length = int.from_bytes(content[at + 1:at + 4], "little")
        block = content[at + 4:at + 4 + length]
        if content[at] != 1 or len(block) != length:
            raise ValueError("broken snappy block")
        data = block[4:]
        if snappy(data)[10:] != content[at:at + 4 + length]:
            raise ValueError("snappy checksum")
        out.append(data)
        at += 4 + length
    return b"".join(out)


def compress(content, how):
    if how == "none":
        return content
    if how == "gzip":
        return gzip.compress(content, 1, mtime=0)
    if how == "bzip2":
        return bz2.compress(content)
    if how == "xz":
        return lzma.compress(content, preset=0)
    if how == "snappy":
        return snappy(content)
    return subprocess.run([how, "-1", "-c", "-q"], input=content, capture_output=True, check=True).stdout


def decompress(content, how):
    if how == "none" or (how == "gzip" and not content):
        return content
    if how == "gzip":
        return gzip.decompress(content)
    if how == "bzip2":
        return bz2.decompress(content)
    if how == "xz":
        return lzma.decompress(content)
    if how == "snappy":
        return unsnappy(content)
    return subprocess.run([how, "-d", "-c", "-q"], input=content, capture_output=True, check=True).stdout


def split(name):
    """A name without its suffix, and the compression."""
    for how, suffix in SUFFIXES.items():
        if suffix and name.endswith(suffix):
            return name[:-len(suffix)], how
    return name, "none"


class Archive:
    """One server's archive: `directory/db/base` and `directory/db/wals`."""

    def __init__(self, directory):
        self.directory = directory
        self.root = os.path.join(directory, "db")
        shutil.rmtree(directory, ignore_errors=True)
        os.makedirs(os.path.join(self.root, "base"))
        os.makedirs(os.path.join(self.root, "wals"))

    def path(self, name, how):
        folder = "" if name.endswith(".history") else name[:16]
        return os.path.join(self.root, "wals", folder, name + SUFFIXES[how])

    def put(self, source, name, how):
        """Archives a file at the time at which it was handed to the archiver."""
        with open(source, "rb") as file:
            self.put_bytes(file.read(), name, how, os.path.getmtime(source))

    def put_bytes(self, content, name, how, uploaded=None):
        path = self.path(name, how)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(compress(content, how))
        if uploaded:
            os.utime(path, (uploaded, uploaded))

    def objects(self):
        """Name and path of every WAL object."""
        found = []
        for folder, _, names in os.walk(os.path.join(self.root, "wals")):
            found += [(name, os.path.join(folder, name)) for name in names]
        return sorted(found)

    def segments(self):
        return [(name, path) for name, path in self.objects() if SEGMENT.match(split(name)[0])]

    def add_backup(self, name, info, data, segment_bytes):
        folder = os.path.join(self.root, "base", name)
        os.makedirs(folder)
        # The restore of the harness copies the directory; the archive only has to show a tar file.
        with tarfile.open(os.path.join(folder, "data.tar"), "w") as tar:
            tar.add(os.path.join(data, "backup_label"), "backup_label")
        with open(os.path.join(folder, "backup.info"), "w") as file:
            file.write(backup_info(name, info, segment_bytes))

    def serve(self, directory):
        """Puts what a restore would get for each name into a directory: the whole segment before the partial one.

        Returns the objects of which it gets nothing, with the reason."""
        refused = {}
        shutil.rmtree(directory, ignore_errors=True)
        os.makedirs(directory)
        # Of several objects, the first key.
        for name, path in sorted(self.objects(), key=lambda found: (".partial" in found[0], found[0])):
            plain, how = split(name)
            target = os.path.join(directory, plain.removesuffix(".partial"))
            if os.path.exists(target):
                continue
            try:
                with open(path, "rb") as file:
                    content = decompress(file.read(), how)
            except (OSError, EOFError, ValueError, lzma.LZMAError, zlib.error, subprocess.CalledProcessError) as error:
                # Barman fails, and the segment counts as missing.
                refused[name] = repr(error)
                continue
            with open(target, "wb") as file:
                file.write(content)
        return refused


def number(lsn):
    high, low = lsn.split("/")
    return int(high, 16) << 32 | int(low, 16)


def segment_name(timeline, position, segment_bytes):
    per_log = (1 << 32) // segment_bytes
    segment = position // segment_bytes
    return f"{timeline:08X}{segment // per_log:08X}{segment % per_log:08X}"


def backup_info(name, info, segment_bytes):
    """The file that Barman 3.19 writes."""
    begin, end = number(info["begin_xlog"]), number(info["end_xlog"])
    zone = lambda text: re.sub(r"\+00$", "+00:00", text)
    fields = {
        "backup_label": repr(info["label"]), "backup_name": f"backup-{name}",
        "begin_offset": begin % segment_bytes, "begin_time": zone(info["begin_time"]),
        "begin_wal": segment_name(info["timeline"], begin, segment_bytes), "begin_xlog": info["begin_xlog"],
        "children_backup_ids": None, "cluster_size": 23_000_000, "compression": None,
        "config_file": "/pg/postgresql.conf", "end_offset": end % segment_bytes, "end_time": zone(info["end_time"]),
        "end_wal": segment_name(info["timeline"], end - 1, segment_bytes), "end_xlog": info["end_xlog"],
        "error": None, "mode": None, "pgdata": "/pg", "server_name": "cloud", "size": None,
        "status": info.get("status", "DONE"), "systemid": info["systemid"], "tablespaces": None,
        "timeline": info["timeline"], "version": info["version"], "xlog_segment_size": segment_bytes,
    }
    return "".join(f"{key}={value}\n" for key, value in sorted(fields.items()))
