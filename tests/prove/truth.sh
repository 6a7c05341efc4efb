#!/bin/sh
# The error of every RTT against captures of the same packets, idle and with both processors busy.
exec "$SONDE_SOURCE_DIR/tests/bench/truth.sh"
