#!/bin/sh
# The saved inputs of tests/fuzz reach 95 % of the lines and 90 % of the branches of lib/sonde/wire.
set -eu
command -v llvm-cov-19 >/dev/null 2>&1 || {
  echo "skipped: llvm-cov-19 is not installed"
  exit 77
}
SONDE_NO_INSTALL=1 exec "$SONDE_SOURCE_DIR/dev" coverage corpus
