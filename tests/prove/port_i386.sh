#!/bin/sh
# The portable tests on i386.
set -eu
for tool in i686-linux-gnu-g++ qemu-i386; do
  command -v "$tool" >/dev/null 2>&1 || {
    echo "skipped: $tool is not installed"
    exit 77
  }
done
SONDE_NO_INSTALL=1 exec "$SONDE_SOURCE_DIR/dev" test i386
