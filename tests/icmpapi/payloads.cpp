// icmpapi_payloads: requests of one handle to one host and to a broadcast address, whose socket is
// another: each reply has the bytes of its own request.
// usage: icmpapi_payloads threads | crowd
// threads: eight threads on one handle, half of them to the broadcast address.
// crowd: calls that fill the sockets which the handle keeps, then one to the broadcast address.
// Both want a network namespace that answers broadcast requests on loopback. Prints "ok ...".
#include <winsock2.h>
#define PIO_APC_ROUTINE_DEFINED
#include <icmpapi.h>
#include <iphlpapi.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <thread>
#include <vector>

namespace {

constexpr DWORD kTimeout = 1000;
constexpr WORD kPayload = 1400;
constexpr ULONG kBroadcast = 0x7fffffff;  // 127.255.255.255

void check(bool holds, const char* what) {
  if (!holds) {
    std::fprintf(stderr, "%s (last error %u)\n", what, GetLastError());
    std::_Exit(1);
  }
}

// Its own bytes, and as many as were sent.
bool echoes(HANDLE file, ULONG target, unsigned char letter) {
  std::array<unsigned char, kPayload> data;
  data.fill(letter);
  std::array<unsigned char, sizeof(ICMP_ECHO_REPLY) + kPayload + 8> reply{};
  const DWORD count = IcmpSendEcho(file, htonl(target), data.data(), kPayload, nullptr,
                                   reply.data(), reply.size(), kTimeout);
  check(count == 1, "no reply");
  ICMP_ECHO_REPLY answer;
  std::copy_n(reply.data(), sizeof answer, reinterpret_cast<unsigned char*>(&answer));
  const auto* const bytes = static_cast<const unsigned char*>(answer.Data);
  return answer.DataSize == kPayload &&
         std::all_of(bytes, bytes + kPayload, [letter](unsigned char c) { return c == letter; });
}

void threads() {
  constexpr unsigned kThreads = 8;
  constexpr int kCalls = 300;
  const HANDLE file = IcmpCreateFile();
  std::atomic<int> foreign{0};
  std::vector<std::thread> all;
  all.reserve(kThreads);
  for (unsigned i = 0; i < kThreads; ++i) {
    all.emplace_back([&foreign, file, i] {
      const ULONG target = i % 2 == 0 ? INADDR_LOOPBACK : kBroadcast;
      for (int call = 0; call < kCalls; ++call) {
        foreign += echoes(file, target, static_cast<unsigned char>('a' + i)) ? 0 : 1;
      }
    });
  }
  for (std::thread& one : all) {
    one.join();
  }
  check(foreign == 0, "a reply had the bytes of another request");
  check(IcmpCloseHandle(file) != 0, "IcmpCloseHandle");
  std::puts("ok threads");
}

// Each source address has a socket of its own.
void crowd() {
  constexpr ULONG kSources = 140;
  const HANDLE file = IcmpCreateFile();
  for (ULONG i = 1; i <= kSources; ++i) {
    std::array<char, 32> data{};
    std::array<char, sizeof(ICMP_ECHO_REPLY) + 64> reply{};
    check(IcmpSendEcho2Ex(file, nullptr, nullptr, nullptr, htonl(0x7f000100 + i),
                          htonl(INADDR_LOOPBACK), data.data(), data.size(), nullptr, reply.data(),
                          reply.size(), kTimeout) == 1,
          "no reply to a source address");
  }
  check(echoes(file, kBroadcast, 'z'), "the broadcast request had other bytes");
  check(IcmpCloseHandle(file) != 0, "IcmpCloseHandle");
  std::puts("ok crowd");
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view mode = argc == 2 ? argv[1] : "";
  if (mode == "threads") {
    threads();
  } else if (mode == "crowd") {
    crowd();
  } else {
    std::fputs("usage: icmpapi_payloads threads | crowd\n", stderr);
    return 2;
  }
  return 0;
}
