#!/bin/sh
# i386_run.sh PROGRAM ARGUMENTS...: runs a program for 32-bit x86, by this kernel where it can, else
# under qemu-user. qemu 7.2 (Debian 12) never comes back from pthread_create(3) there: what has
# threads hangs under it.
set -eu
libraries=/usr/i686-linux-gnu/lib
loader=$libraries/ld-linux.so.2
if "$loader" --version >/dev/null 2>&1; then
  exec "$loader" --library-path "$libraries" "$@"
fi
exec qemu-i386 -L /usr/i686-linux-gnu "$@"
