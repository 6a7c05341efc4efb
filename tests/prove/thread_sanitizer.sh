#!/bin/sh
# All tests but these under ThreadSanitizer: 0 reports.
set -eu
command -v clang++-19 >/dev/null 2>&1 || {
  echo "skipped: clang++-19 is not installed"
  exit 77
}
SONDE_NO_INSTALL=1 exec "$SONDE_SOURCE_DIR/dev" test tsan
