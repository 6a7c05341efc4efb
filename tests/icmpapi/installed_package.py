#!/usr/bin/env python3
"""installed_package.py: C11 and C++23 programs find the installed library by pkg-config and by
CMake, shared and static; each header stands alone, with no warning."""
import subprocess
import sys

import _stage
from _icmpapi_lab import Failure, expect, skip

HEADERS = ["winsock2.h", "ws2tcpip.h", "windows.h", "iphlpapi.h", "icmpapi.h", "ipexport.h",
           "winternl.h", "windef.h", "winerror.h", "inaddr.h"]

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


def headers_stand_alone(stage):
    for language, standard in (("c", "c11"), ("c++", "c++23")):
        for header in HEADERS:
            run([*stage.compiler(language), f"-x{language}", f"-std={standard}", "-pedantic",
                 "-Wall", "-Wextra", "-Wstrict-prototypes" if language == "c" else "-Wall",
                 "-Werror", "-fsyntax-only", *stage.flags("--cflags"), "-"],
                input=f"#include <{header}>\n#include <{header}>\ntypedef int not_empty;\n")
    print(f"ok      {len(HEADERS)} headers stand alone, in C11 and in C++23")


def main():
    why = _stage.why_not()
    if why:
        skip(why)
    if subprocess.run([*ALONE, "true"], capture_output=True).returncode != 0:
        skip("no network namespaces")
    try:
        with _stage.Stage() as stage:
            headers_stand_alone(stage)
            by_pkg_config(stage)
            by_cmake(stage)
    except (Failure, RuntimeError) as failure:
        print(f"FAILED  {failure}")
        sys.exit(1)


if __name__ == "__main__":
    main()
