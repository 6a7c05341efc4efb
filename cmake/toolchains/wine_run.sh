#!/bin/sh
# wine_run.sh PROGRAM ARGUMENTS...: runs a Windows program under Wine, quietly.
# WINEPREFIX says which Wine; without it, one in the user's cache. The server is started by itself
# first: its background processes would keep the output of whoever starts it open.
set -eu

# Windows programs expect a page of the system at 0x7ffe0000. Wine's loader lies just below, and Linux
# begins its heap at random behind it: one start in 3,000 finds the page taken (Linux 6.18, Wine 8.0)
# and ends with 1 and no word. Hence no random addresses, where that is allowed.
if [ -z "${WINE_RUN_HELD_STILL-}" ] && setarch -R true 2>/dev/null; then
  export WINE_RUN_HELD_STILL=1
  exec setarch -R "$0" "$@"
fi

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
