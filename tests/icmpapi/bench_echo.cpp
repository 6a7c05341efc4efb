// icmpapi_bench_echo: what IcmpSendEcho costs beside a bare loop of sendto and recvfrom.
// usage: icmpapi_bench_echo speed ROUNDS | memory REQUESTS
// speed: to 127.0.0.1, in turns of 200 exchanges each, so that both see the same machine; prints
//        "bare NS family NS ratio R": the medians of all turns, and the median of the ratios of
//        neighbours. The bare socket is of the kind that the library has (datagram, else raw).
// memory: that many asynchronous requests to 127.0.0.1 outstanding on one handle, then waits for
//        them all; prints "requests N answered A peak_bytes B", B a request, beside the caller's
//        buffers. Meant for a network namespace that does not answer, so that they are outstanding.
#define PIO_APC_ROUTINE_DEFINED
#include <icmpapi.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>
#include <winternl.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <string_view>
#include <vector>

namespace {

constexpr std::uint32_t kLoopback = 0x7f000001;
constexpr int kTurn = 200;
constexpr std::size_t kPayload = 32;

double now_ns() {
  LARGE_INTEGER count;
  QueryPerformanceCounter(&count);
  return static_cast<double>(count.QuadPart);
}

struct Bare {
  int fd = -1;
  sockaddr_in to{};
  // An echo request of zeros, with its checksum.
  std::array<unsigned char, 8 + kPayload> packet{8, 0, 0xf7, 0xff};

  [[nodiscard]] bool open() {
    fd = ::socket(AF_INET, SOCK_DGRAM, IPPROTO_ICMP);
    if (fd < 0) {
      fd = ::socket(AF_INET, SOCK_RAW, IPPROTO_ICMP);
      // Without it the socket would read its own requests off the loopback.
      constexpr int kIcmpFilter = 1;  // linux/icmp.h: ICMP_FILTER; a set bit keeps a type out
      const std::uint32_t all_but_replies = ~1U;
      (void)::setsockopt(fd, SOL_RAW, kIcmpFilter, &all_but_replies, sizeof all_but_replies);
    }
    to.sin_family = AF_INET;
    to.sin_addr.s_addr = htonl(kLoopback);
    return fd >= 0;
  }
  [[nodiscard]] bool exchange() {
    std::array<unsigned char, 2048> reply;
    sockaddr_in from{};
    socklen_t size = sizeof from;
    return ::sendto(fd, packet.data(), packet.size(), 0, reinterpret_cast<const sockaddr*>(&to),
                    sizeof to) > 0 &&
           ::recvfrom(fd, reply.data(), reply.size(), 0, reinterpret_cast<sockaddr*>(&from),
                      &size) > 0;
  }
};

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::ranges::nth_element(values, middle);
  return *middle;
}

template <typename Exchange>
double turn(Exchange exchange) {
  const double start = now_ns();
  for (int i = 0; i < kTurn; ++i) {
    if (!exchange()) {
      return -1;
    }
  }
  return (now_ns() - start) / kTurn;
}

int speed(int rounds) {
  Bare bare;
  const HANDLE file = IcmpCreateFile();
  if (!bare.open() || file == INVALID_HANDLE_VALUE) {
    std::fputs("no ICMP socket is allowed here\n", stderr);
    return 1;
  }
  std::array<char, kPayload> data{};
  std::array<char, sizeof(ICMP_ECHO_REPLY) + kPayload + 8> reply;
  const auto family = [&] {
    return IcmpSendEcho(file, htonl(kLoopback), data.data(), kPayload, nullptr, reply.data(),
                        reply.size(), 1000) == 1;
  };
  std::vector<double> bare_ns;
  std::vector<double> family_ns;
  std::vector<double> ratios;
  for (int i = 0; i < rounds; ++i) {
    bare_ns.push_back(turn([&] { return bare.exchange(); }));
    family_ns.push_back(turn(family));
    if (bare_ns.back() < 0 || family_ns.back() < 0) {
      std::fprintf(stderr, "an exchange failed, last error %u\n", GetLastError());
      return 1;
    }
    ratios.push_back(family_ns.back() / bare_ns.back());
  }
  std::printf("bare %.0f family %.0f ratio %.3f\n", median(bare_ns), median(family_ns),
              median(ratios));
  return 0;
}

std::size_t resident_bytes() {
  std::ifstream file("/proc/self/statm");
  std::size_t total = 0;
  std::size_t resident = 0;
  file >> total >> resident;
  return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

std::atomic<std::size_t> completed{0};

void count_completion(PVOID /*context*/, PIO_STATUS_BLOCK /*status*/, ULONG /*reserved*/) {
  ++completed;
}

int memory(std::size_t requests) {
  const HANDLE file = IcmpCreateFile();
  constexpr std::size_t kReply = sizeof(ICMP_ECHO_REPLY) + kPayload + 8;
  std::vector<char> replies(requests * kReply, 'x');
  std::array<char, kPayload> data{};
  // The thread is not there before: its stack and buffers are part of what is measured.
  const auto send = [&](std::size_t i) {
    return IcmpSendEcho2(file, nullptr, count_completion, nullptr, htonl(kLoopback), data.data(),
                         kPayload, nullptr, &replies[i * kReply], kReply, 3000) == 0 &&
           GetLastError() == ERROR_IO_PENDING;
  };
  const std::size_t before = resident_bytes();
  for (std::size_t i = 0; i < requests; ++i) {
    if (!send(i)) {
      std::fprintf(stderr, "request %zu was refused, last error %u\n", i, GetLastError());
      return 1;
    }
  }
  std::size_t peak = resident_bytes();
  while (completed < requests) {
    SleepEx(INFINITE, TRUE);
    peak = std::max(peak, resident_bytes());
  }
  std::size_t answered = 0;
  for (std::size_t i = 0; i < requests; ++i) {
    answered += IcmpParseReplies(&replies[i * kReply], kReply);
  }
  std::printf("requests %zu answered %zu peak_bytes %.0f\n", requests, answered,
              static_cast<double>(peak - before) / static_cast<double>(requests));
  return IcmpCloseHandle(file) ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  int count = 0;
  if (argc == 3) {
    const std::string_view text(argv[2]);
    std::from_chars(text.data(), text.data() + text.size(), count);
  }
  const std::string_view mode = argc == 3 ? argv[1] : "";
  if (count > 0 && mode == "speed") {
    return speed(count);
  }
  if (count > 0 && mode == "memory") {
    return memory(static_cast<std::size_t>(count));
  }
  std::fputs("usage: icmpapi_bench_echo speed ROUNDS | memory REQUESTS\n", stderr);
  return 2;
}
