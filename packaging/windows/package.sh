#!/bin/sh
# package.sh [BUILD-DIR] [OUT-DIR]: the zip for Windows users, from a finished windows build.
# In it: sonde.exe (stripped), the licence, the manuals as text and HTML, the PowerShell completion.
# Beside it: the winget manifest, filled in. Fails when sonde.exe is over 4 MiB or needs a DLL that
# is not Windows' own. Needs mandoc, python3 and mingw-w64's binutils.
set -eu

root=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd -P)
build=${1:-$root/build/windows}
out=${2:-$build/package}
triple=x86_64-w64-mingw32
most=$((4 * 1024 * 1024))

version=$(sed -n 's/^project(sonde VERSION \([0-9.]*\).*/\1/p' "$root/CMakeLists.txt")
name=sonde-$version-windows-x64
stage=$out/$name
rm -rf "$stage"
mkdir -p "$stage/doc"

"$triple-strip" -o "$stage/sonde.exe" "$build/sonde.exe"
size=$(wc -c <"$stage/sonde.exe")
if [ "$size" -gt "$most" ]; then
  echo "package: sonde.exe has $size bytes, more than $most" >&2
  exit 1
fi
foreign=$("$triple-objdump" -p "$stage/sonde.exe" | sed -n 's/.*DLL Name: //p' |
  grep -viE '^(kernel32|msvcrt|ws2_32|advapi32|shell32|iphlpapi)\.dll$' || :)
if [ -n "$foreign" ]; then
  echo "package: sonde.exe needs $foreign" >&2
  exit 1
fi

cp "$root/LICENSE" "$stage/LICENSE.txt"
cp "$root/packaging/completions/sonde.ps1" "$stage/sonde-completion.ps1"
for page in "$root"/man/sonde*.[1-9]; do
  base=$(basename "$page")
  mandoc -T utf8 "$page" | sed 's/.\x08//g' >"$stage/doc/$base.txt"
  mandoc -T html -O man=%N.%S.html "$page" >"$stage/doc/$base.html"
done
# Links only to manuals that are here.
for page in "$stage"/doc/*.html; do
  sed 's/href="\([^"#]*\.[1-9]\.html\)"/\n\1\n/g' "$page" | grep -x '[A-Za-z0-9_.-]*\.[1-9]\.html' |
    sort -u | while IFS= read -r link; do
    [ -e "$stage/doc/$link" ] || sed -i "s/ href=\"$link\"//g" "$page"
  done
done
# The same bytes for the same sources: sorted names, one date.
zip=$out/$name.zip
rm -f "$zip"
python3 - "$out" "$name" "$zip" <<'PY'
import pathlib
import sys
import zipfile

out, name, target = sys.argv[1:]
with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
    for path in sorted(pathlib.Path(out, name).rglob("*")):
        if path.is_file():
            entry = zipfile.ZipInfo(str(path.relative_to(out)), (2026, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, path.read_bytes())
PY
hash=$(sha256sum "$zip" | cut -d ' ' -f 1)
for template in "$root"/packaging/windows/winget/*.yaml.in; do
  sed -e "s/@VERSION@/$version/g" -e "s/@SHA256@/$hash/g" "$template" \
    >"$out/$(basename "${template%.in}")"
done
printf 'package: %s, %s bytes; sonde.exe %s bytes\n' "$zip" "$(wc -c <"$zip")" "$size"
