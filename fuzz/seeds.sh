#!/usr/bin/env bash
# Real files as first inputs: from fixtures/ into fuzz/corpus/.
set -euo pipefail
cd "$(dirname "$0")"
mkdir -p corpus/{backup_info,history,keys,segment,records,decompress,inventory,template,path_match,flux_variables,ignore_rule}

find ../fixtures -name backup.info | while read -r file; do
  cp "$file" "corpus/backup_info/$(sha1sum <"$file" | cut -c1-16)"
done
find ../fixtures \( -name '*.history' -o -name '*.history.gz' \) | while read -r file; do
  gzip -dcf "$file" >"corpus/history/$(sha1sum <"$file" | cut -c1-16)"
done
find ../fixtures/archive -path '*/wals/*' -type f | sed 's,.*/wals/,,' | sort -u | while read -r key; do
  printf '%s' "$key" >"corpus/keys/$(tr / _ <<<"$key")"
done
# The first pages of segments, and whole objects behind the number of their compression.
find ../fixtures/archive ../fixtures/wal -name '*.gz' -size -64k | sort | sed -n 1,12p | while read -r file; do
  name=$(sha1sum <"$file" | cut -c1-16)
  gzip -dc "$file" | head -c 32768 >"corpus/segment/$name" || true
  { printf '\001'; cat "$file"; } >"corpus/decompress/gz-$name"
done
segment=$(mktemp)
head -c 1048576 /dev/zero | tr '\0' 'w' >"$segment"
for format in 2:bzip2 4:xz 5:zstd 6:lz4; do
  program=${format#*:}
  if command -v "$program" >/dev/null; then
    { printf '%b' "\\0$(printf '%03o' "${format%%:*}")"; "$program" -c <"$segment"; } >"corpus/decompress/$program"
  fi
done
printf '\003\377\006\000\000sNaPpY' >corpus/decompress/snappy
rm -f "$segment"
printf '\003\001\000\012\377\010\001\002\003\004\005\006\007\010\000\100\000' >corpus/records/commit
# Expressions, one a file.
python3 - <<'END'
import hashlib, json
for entry in json.load(open("../fixtures/jq/expressions.json"))["expressions"]:
    text = entry["expression"].encode()
    open("corpus/ignore_rule/" + hashlib.sha1(text).hexdigest()[:16], "wb").write(text)
END
# Templates and patterns as people write them.
grep -rhoE "'[^']*\{\{[^']*\}\}[^']*'" ../fixtures --include='*.yaml' | sort -u | while read -r template; do
  printf '%s' "${template//\'/}" >"corpus/template/$(sha1sum <<<"$template" | cut -c1-16)"
done
printf 'db/*\0db/shop' >corpus/path_match/directory
grep -rhoE '\$?\$\{[^ ]*\}' ../fixtures --include='*.yaml' | sort -u | while read -r text; do
  printf '%s' "$text" >"corpus/flux_variables/$(sha1sum <<<"$text" | cut -c1-16)"
done
# Inventories are made by the program itself, where it is built.
if [ -x ../target/debug/walbound ]; then
  for archive in ../fixtures/archive/*/bucket; do
    ../target/debug/walbound -q inventory "$archive" -o "corpus/inventory/$(basename "$(dirname "$archive")")" || true
  done
fi
