#!/bin/sh
# wine_run.sh PROGRAM ARGUMENTS...: runs a Windows program under Wine, quietly.
# WINEPREFIX says which Wine; without it, one in the user's cache. The server is started by itself
# first: its background processes would keep the output of whoever starts it open.
set -eu
export WINEDEBUG="${WINEDEBUG:--all}"
export WINEDLLOVERRIDES="${WINEDLLOVERRIDES:-mscoree,mshtml=;winedbg.exe=d}"
export WINEPREFIX="${WINEPREFIX:-${XDG_CACHE_HOME:-$HOME/.cache}/sonde-wine}"

if [ ! -f "$WINEPREFIX/.complete" ]; then
  mkdir -p "$WINEPREFIX"
  # Two programs at once wait for one prefix.
  exec 9>"$WINEPREFIX.lock"
  flock 9
  if [ ! -f "$WINEPREFIX/.complete" ]; then
    DISPLAY='' wineboot -i </dev/null >/dev/null 2>&1 9>&- || :
    : >"$WINEPREFIX/.complete"
  fi
  exec 9>&-
fi
wine cmd /c exit </dev/null >/dev/null 2>&1 || :
exec wine "$@"
