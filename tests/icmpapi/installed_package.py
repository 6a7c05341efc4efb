#!/usr/bin/env python3
"""installed_package.py: C11 and C++23 programs find the installed library by pkg-config and by
CMake, shared and static; each header stands alone, with no warning, for every compiler and standard;
a program that takes the SYNOPSIS of icmpapi(3) at its word compiles; and IPv6 addresses are of the
kind that the system's own headers say."""
import os
import pathlib
import re
import shutil
import subprocess
import sys

import _stage
from _icmpapi_lab import Failure, expect, skip

HEADERS = ["winsock2.h", "ws2tcpip.h", "windows.h", "iphlpapi.h", "icmpapi.h", "ipexport.h",
           "winternl.h", "windef.h", "winerror.h", "inaddr.h", "ws2ipdef.h"]

# Those that are here are asked, whatever the library was built with.
COMPILERS = {
    "c": [("gcc", ["c99", "c11", "gnu11", "gnu17"]), ("clang-19", ["c99", "c11", "gnu11"])],
    "c++": [("g++", ["c++11", "c++23", "gnu++17"]), ("clang++-19", ["c++11", "c++23"])],
}

# It is compiled as C and as C++, with a routine and with both families.
PROGRAM = """
#define PIO_APC_ROUTINE_DEFINED
#include <winsock2.h>
#include <ws2tcpip.h>
#include <windows.h>
#include <winternl.h>
#include <iphlpapi.h>
#include <icmpapi.h>
#include <stdio.h>

static void WINAPI completed(PVOID context, PIO_STATUS_BLOCK io, ULONG reserved) {
  (void)reserved;
  *(int *)context = io->Status == 0;
}

int main(void) {
  WSADATA winsock;
  if (WSAStartup(MAKEWORD(2, 2), &winsock) != 0) { return 2; }
  char data[] = "data";
  unsigned char buffer[sizeof(ICMP_ECHO_REPLY) + sizeof data + 24];
  int done = 0;
  HANDLE icmp = IcmpCreateFile();
  if (icmp == INVALID_HANDLE_VALUE) { return 3; }
  IcmpSendEcho2(icmp, NULL, completed, &done, inet_addr("127.0.0.1"), data, sizeof data, NULL,
                buffer, sizeof buffer, 2000);
  if (GetLastError() != ERROR_IO_PENDING) { return 4; }
  if (SleepEx(3000, TRUE) != WAIT_IO_COMPLETION || !done) { return 5; }
  if (IcmpParseReplies(buffer, sizeof buffer) != 1) { return 6; }
  struct in_addr sender;
  sender.S_un.S_addr = ((PICMP_ECHO_REPLY)(void *)buffer)->Address;
  printf("%s\\n", inet_ntoa(sender));
  IcmpCloseHandle(icmp);

  struct sockaddr_in6 any, loopback;
  memset(&any, 0, sizeof any);
  any.sin6_family = AF_INET6;
  loopback = any;
  loopback.sin6_addr.s6_addr[15] = 1;
  icmp = Icmp6CreateFile();
  DWORD count = Icmp6SendEcho2(icmp, NULL, NULL, NULL, &any, &loopback, data, sizeof data, NULL,
                               buffer, sizeof buffer, 2000);
  if (count != 1 || ((PICMPV6_ECHO_REPLY)(void *)buffer)->Status != IP_SUCCESS) { return 7; }
  WCHAR text[200];
  DWORD size = 199;
  if (GetIpErrorString(IP_REQ_TIMED_OUT, text, &size) != NO_ERROR) { return 8; }
  IcmpCloseHandle(icmp);
  WSACleanup();
  return 0;
}
"""

# Behind the lines of icmpapi(3)'s SYNOPSIS.
BY_THE_MANUAL = """
static void NTAPI routine(PVOID context, PIO_STATUS_BLOCK io, ULONG reserved) {
  (void)reserved;
  *(ULONG_PTR *)context = io->Information;
}
DWORD ask(HANDLE icmp, IPAddr from, IPAddr to, LPVOID data, WORD size, LPVOID buffer, DWORD room,
          ULONG_PTR *used) {
  IcmpSendEcho2(icmp, NULL, routine, used, to, data, size, NULL, buffer, room, 1000);
  IcmpSendEcho2Ex(icmp, NULL, routine, used, from, to, data, size, NULL, buffer, room, 1000);
  return SleepEx(INFINITE, TRUE);
}
DWORD ask6(HANDLE icmp, struct sockaddr_in6 *to, LPVOID buffer, DWORD room, ULONG_PTR *used) {
  return Icmp6SendEcho2(icmp, NULL, routine, used, NULL, to, NULL, 0, NULL, buffer, room, 1000);
}
DWORD text(IP_STATUS status, PWSTR buffer, PDWORD size) {
  return GetIpErrorString(status, buffer, size);
}
"""

# The same questions by the system's headers, and by ours on top of them.
KINDS = """
#include <netinet/in.h>
#ifdef OURS
#include <winsock2.h>
#include <ws2tcpip.h>
#include <icmpapi.h>
#include <netinet/in.h>
#endif
#include <stdio.h>
#include <string.h>

#define ASK(what) putchar(IN6_##what(&address) ? '1' : '0')

static void show(const unsigned char *bytes) {
  static struct in6_addr before;
  struct in6_addr address;
  memcpy(&address, bytes, sizeof address);
  ASK(IS_ADDR_UNSPECIFIED), ASK(IS_ADDR_LOOPBACK), ASK(IS_ADDR_MULTICAST);
  ASK(IS_ADDR_LINKLOCAL), ASK(IS_ADDR_SITELOCAL), ASK(IS_ADDR_V4MAPPED), ASK(IS_ADDR_V4COMPAT);
  ASK(IS_ADDR_MC_NODELOCAL), ASK(IS_ADDR_MC_LINKLOCAL), ASK(IS_ADDR_MC_SITELOCAL);
  ASK(IS_ADDR_MC_ORGLOCAL), ASK(IS_ADDR_MC_GLOBAL);
  putchar(IN6_ARE_ADDR_EQUAL(&address, &before) ? '=' : '/');
  putchar(IN6_ARE_ADDR_EQUAL(&address, &in6addr_loopback) ? '=' : '/');
  puts(IN6_ARE_ADDR_EQUAL(&address, &in6addr_any) ? "=" : "/");
  before = address;
}

/* Every value of each byte, in the midst of zeros, of ones, and behind ::ffff. */
int main(void) {
  for (int other = 0; other < 3; ++other) {
    for (int at = 0; at < 16; ++at) {
      for (int value = 0; value < 256; ++value) {
        unsigned char bytes[16];
        memset(bytes, other == 1 ? 0xff : 0, sizeof bytes);
        if (other == 2) { bytes[10] = bytes[11] = 0xff; }
        bytes[at] = (unsigned char)value;
        show(bytes);
        show(bytes);
      }
    }
  }
  for (unsigned first = 0; first < 0x10000; ++first) {
    unsigned char bytes[16] = {0};
    bytes[0] = (unsigned char)(first >> 8);
    bytes[1] = (unsigned char)first;
    bytes[15] = 1;
    show(bytes);
  }
  return 0;
}
"""

PROJECT = """
cmake_minimum_required(VERSION 3.25)
project(consumer LANGUAGES C CXX)
find_package(sonde-icmpapi REQUIRED CONFIG)
foreach(kind icmpapi icmpapi_static)
  foreach(language c cpp)
    add_executable(${kind}_${language} program.${language})
    target_link_libraries(${kind}_${language} PRIVATE sonde::${kind})
    target_compile_options(${kind}_${language} PRIVATE -Wall -Wextra -Werror -pedantic)
    target_compile_features(${kind}_${language} PRIVATE c_std_11 cxx_std_23)
  endforeach()
endforeach()
"""

# In a namespace, so that no packet can leave.
ALONE = ["unshare", "-rn", "sh", "-c", 'ip link set lo up; exec "$@"', "sh"]


def run(command, **options):
    done = subprocess.run(list(map(str, command)), text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=100, **options)
    if done.returncode != 0:
        raise Failure(f"{' '.join(map(str, command))}: exit code {done.returncode}\n{done.stdout}")
    return done.stdout


def check_run(program):
    expect(run([*ALONE, program]) == "127.0.0.1\n", f"{program}")
    print(f"ok      {program.name} runs")


def by_pkg_config(stage):
    for language, standard in (("c", "c11"), ("c++", "c++23"), ("c", "gnu17"), ("c++", "c++17")):
        source = stage.root / f"program.{'c' if language == 'c' else 'cpp'}"
        source.write_text(PROGRAM)
        for static in (False, True):
            name = f"{standard}-{'static' if static else 'shared'}"
            check_run(stage.build([source], name, "-pedantic", language=language,
                                  standard=standard, static=static))


def by_cmake(stage):
    (stage.root / "CMakeLists.txt").write_text(PROJECT)
    built = stage.root / "consumer"
    flags = " ".join(stage.compiler()[1:])
    run(["cmake", "-S", stage.root, "-B", built, "-G", "Ninja",
         f"-DCMAKE_PREFIX_PATH={stage.prefix}", f"-DCMAKE_C_COMPILER={stage.compiler()[0]}",
         f"-DCMAKE_CXX_COMPILER={stage.compiler('c++')[0]}",
         f"-DCMAKE_C_FLAGS={flags}", f"-DCMAKE_CXX_FLAGS={flags}",
         f"-DCMAKE_C_STANDARD_LIBRARIES={' '.join(stage.link_flags())}"])
    run(["cmake", "--build", built])
    for kind in ("icmpapi", "icmpapi_static"):
        for language in ("c", "cpp"):
            check_run(built / f"{kind}_{language}")


def check_text(stage, text, language, extra=()):
    """The text compiles with no warning, in every standard; how many times that was asked."""
    asked = 0
    for compiler, standards in COMPILERS[language]:
        for standard in standards if shutil.which(compiler) else ():
            run([compiler, f"-x{language}", f"-std={standard}", "-pedantic-errors", "-Wall",
                 "-Wextra", "-Werror", "-fsyntax-only", *extra, *stage.flags("--cflags"), "-"],
                input=text)
            asked += 1
    return asked


def headers_stand_alone(stage):
    asked = 0
    for header in HEADERS:
        text = f"#include <{header}>\n#include <{header}>\ntypedef int not_empty;\n"
        asked += check_text(stage, text, "c", ["-Wstrict-prototypes"])
        asked += check_text(stage, text, "c++")
    everything = "".join(f"#include <{header}>\n" for header in [*HEADERS, *reversed(HEADERS)])
    use = "int f(const IN6_ADDR *a, LPADDRINFO b) { return IN6_IS_ADDR_LOOPBACK(a) + !b->ai_next; }\n"
    asked += check_text(stage, f"{everything}int f(const IN6_ADDR *, LPADDRINFO);\n{use}", "c")
    print(f"ok      {len(HEADERS)} headers stand alone and together, compiled {asked} times")


def synopsis_compiles(stage):
    manual = pathlib.Path(os.environ["SONDE_SOURCE_DIR"], "man", "icmpapi.3").read_text()
    synopsis = manual.split(".Sh SYNOPSIS")[1].split(".Sh ")[0]
    lines = [line.replace(".In ", "#include <") + ">" if line.startswith(".In ") else
             re.sub(r'^\.Fd "?(#define [A-Z_]+)"?$', r"\1", line)
             for line in synopsis.splitlines() if line.startswith((".In ", ".Fd "))]
    expect(len(lines) >= 4, f"SYNOPSIS: {lines}")
    text = "\n".join(lines) + BY_THE_MANUAL
    asked = check_text(stage, text, "c") + check_text(stage, text, "c++")
    print(f"ok      routines by the SYNOPSIS of icmpapi(3), compiled {asked} times")


def kinds_of_ipv6(stage):
    source = stage.root / "kinds.c"
    source.write_text(KINDS)
    said = [run([stage.build([source], f"kinds{number}", *more, standard=standard)])
            for number, (standard, more) in enumerate(
                (("gnu11", []), ("gnu11", ["-DOURS"]), ("c11", ["-DOURS", "-pedantic-errors"])))]
    expect(len(set(said[0].splitlines())) > 12 and said[0] == said[1] == said[2],
           "IN6_... differ from the system's")
    print(f"ok      {len(said[0].splitlines())} IPv6 addresses are of the kind that the system says")


def main():
    why = _stage.why_not()
    if why:
        skip(why)
    if subprocess.run([*ALONE, "true"], capture_output=True).returncode != 0:
        skip("no network namespaces")
    try:
        with _stage.Stage() as stage:
            headers_stand_alone(stage)
            synopsis_compiles(stage)
            kinds_of_ipv6(stage)
            by_pkg_config(stage)
            by_cmake(stage)
    except (Failure, RuntimeError) as failure:
        print(f"FAILED  {failure}")
        sys.exit(1)


if __name__ == "__main__":
    main()
