// icmpapi_holding: what handles hold on to, and let go of. In a network namespace of its own, as
// root.
//   drop     a handle made with privileges sends, in every way, when they are gone
//   sources  more source addresses than there can be threads, one after the other
//   rounds   handles made, used and closed leave no socket and no thread behind
// Packets go to 127.0.0.0/8. Prints "ok ..." and exits with 0, or says what was wrong.
#include <linux/capability.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <winsock2.h>
#include <winternl.h>
#define PIO_APC_ROUTINE_DEFINED
#include <icmpapi.h>
#include <iphlpapi.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace {

constexpr DWORD kTimeout = 10'000;
constexpr DWORD kLoopback = 0x7f000001;

void check(bool holds, const char* what) {
  if (!holds) {
    std::fprintf(stderr, "%s (last error %u)\n", what, GetLastError());
    std::_Exit(1);
  }
}

struct Buffers {
  std::array<char, 32> data{};
  std::array<char, sizeof(ICMP_ECHO_REPLY) + 64> reply{};
};

void send_now(HANDLE file, IPAddr to) {
  Buffers buffers;
  check(IcmpSendEcho(file, to, buffers.data.data(), buffers.data.size(), nullptr,
                     buffers.reply.data(), buffers.reply.size(), kTimeout) == 1,
        "no reply");
}

void send_later(HANDLE file, HANDLE event, IPAddr source) {
  Buffers buffers;
  const DWORD result = IcmpSendEcho2Ex(file, event, nullptr, nullptr, source, htonl(kLoopback),
                                       buffers.data.data(), buffers.data.size(), nullptr,
                                       buffers.reply.data(), buffers.reply.size(), kTimeout);
  check(result == 0 && GetLastError() == ERROR_IO_PENDING, "not pending");
  check(WaitForSingleObject(event, 2 * kTimeout) == WAIT_OBJECT_0, "never completed");
  check(IcmpParseReplies(buffers.reply.data(), buffers.reply.size()) == 1, "no reply later");
}

void drop_privileges() {
  __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  const std::array<__user_cap_data_struct, 2> none{};
  check(::syscall(SYS_capset, &header, none.data()) == 0, "capset");
}

void drop(HANDLE event) {
  const HANDLE file = IcmpCreateFile();
  check(file != INVALID_HANDLE_VALUE, "IcmpCreateFile");
  drop_privileges();
  for (int i = 0; i < 2; ++i) {
    send_now(file, htonl(kLoopback));
    send_later(file, event, 0);
  }
  check(IcmpCloseHandle(file) == TRUE, "close");
}

void sources(HANDLE event) {
  constexpr DWORD kSources = 150;
  const HANDLE file = IcmpCreateFile();
  check(file != INVALID_HANDLE_VALUE, "IcmpCreateFile");
  for (DWORD i = 0; i < kSources; ++i) {
    send_later(file, event, htonl(kLoopback + i));
  }
  check(IcmpCloseHandle(file) == TRUE, "close");
}

void rounds(HANDLE event) {
  constexpr int kRounds = 500;
  constexpr rlim_t kDescriptors = 128;
  const rlimit limit{.rlim_cur = kDescriptors, .rlim_max = kDescriptors};
  check(::setrlimit(RLIMIT_NOFILE, &limit) == 0, "setrlimit");
  for (int i = 0; i < kRounds; ++i) {
    const HANDLE file = IcmpCreateFile();
    check(file != INVALID_HANDLE_VALUE, "IcmpCreateFile");
    send_now(file, htonl(kLoopback));
    send_later(file, event, 0);
    check(IcmpCloseHandle(file) == TRUE, "close");
  }
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view mode = argc == 2 ? argv[1] : "";
  const HANDLE event = CreateEventA(nullptr, FALSE, FALSE, nullptr);
  if (mode == "drop") {
    drop(event);
  } else if (mode == "sources") {
    sources(event);
  } else if (mode == "rounds") {
    rounds(event);
  } else {
    std::fputs("usage: icmpapi_holding drop | sources | rounds\n", stderr);
    return 2;
  }
  std::printf("ok %s\n", argv[1]);
  return 0;
}
