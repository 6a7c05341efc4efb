#!/usr/bin/env python3
"""sonde.exe from batch files: %ERRORLEVEL%, if errorlevel, for /f over the JSON."""

import os
import tempfile

from _wine import SONDE, Checks, enter, not_under_wine, warm, wine

CODES = """@echo off
"%SONDE_EXE%" -q -c1 127.0.0.1 >nul 2>nul
echo reached %ERRORLEVEL%
"%SONDE_EXE%" -c1 -W 100ms 192.0.2.1 >nul 2>nul
echo silent %ERRORLEVEL%
if errorlevel 1 echo at least one
if errorlevel 2 echo at least two
"%SONDE_EXE%" -c1 -w 2 nosuch.invalid >nul 2>nul
if errorlevel 2 if not errorlevel 3 echo unresolved
"%SONDE_EXE%" --nosuch >nul 2>nul
if errorlevel 3 if not errorlevel 4 echo usage
"%SONDE_EXE%" --transport raw 127.0.0.1 >nul 2>nul
if errorlevel 4 echo system
"%SONDE_EXE%" -q -c1 127.0.0.1 >nul 2>nul && echo and
"""

FIELDS = """@echo off
for /f "delims=" %%L in ('"%SONDE_EXE%" -J -c2 -i 10ms 127.0.0.1') do call :line "%%L"
goto :eof
:line
set "L=%~1"
set "L=%L:"=%"
for /f "tokens=1-4 delims=:,{}" %%a in ("%L%") do echo %%c %%d
goto :eof
"""

DOCUMENT = """@echo off
"%SONDE_EXE%" -j -q -c2 -i 10ms 127.0.0.1 > doc.json
for /f "delims=" %%L in (doc.json) do set "J=%%L"
echo %J:~0,25%
"""


def run_batch(folder, text):
    path = os.path.join(folder, "test.bat")
    with open(path, "w", encoding="ascii", newline="\r\n") as file:
        file.write(text)
    return wine("cmd", "/c", "test.bat", cwd=folder)


def main():
    enter()
    warm()
    os.environ["SONDE_EXE"] = "Z:" + SONDE.replace("/", "\\")
    checks = Checks()
    with tempfile.TemporaryDirectory() as folder:
        run = run_batch(folder, CODES)
        checks.check(
            run.stdout.split("\r\n")
            == ["reached 0", "silent 1", "at least one", "unresolved", "usage", "system", "and", ""],
            "exit codes in a batch file", run)
        run = run_batch(folder, FIELDS)
        events = [line.strip() for line in run.stdout.split("\r\n") if line]
        checks.check(events.count("event reply") == 2 and events[-1] == "event end",
                     "for /f over the events", run)
        run = run_batch(folder, DOCUMENT)
        checks.check("schema" in run.stdout and "sonde-result" in run.stdout,
                     "for /f over the document", run)
    not_under_wine("|| in a batch file", "Wine 8's cmd goes on after every exit code")
    checks.finish()


main()
