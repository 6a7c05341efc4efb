#!/bin/sh
# The portable tests on s390x, under qemu-user.
set -eu
for tool in s390x-linux-gnu-g++ qemu-s390x; do
  command -v "$tool" >/dev/null 2>&1 || {
    echo "skipped: $tool is not installed"
    exit 77
  }
done
SONDE_NO_INSTALL=1 exec "$SONDE_SOURCE_DIR/dev" test s390x
