// icmpapi_outstanding REQUESTS KINDS: so many asynchronous requests at once on one handle,
// all to 127.0.0.0/8, which answers each. KINDS: a letter a request, over and over:
//   p plain   d do not fragment   r record route
// All must complete, all must be answered, and those with record route with their options.
#include <winsock2.h>
#include <winternl.h>
#define PIO_APC_ROUTINE_DEFINED
#include <icmpapi.h>
#include <iphlpapi.h>

#include <array>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <vector>

namespace {

constexpr std::size_t kPayload = 32;
constexpr DWORD kTimeout = 20'000;
constexpr DWORD kLoopback = 0x7f000001;
constexpr DWORD kHosts = 1000;
using Reply = std::array<char, sizeof(ICMP_ECHO_REPLY) + MAX_OPT_SIZE + kPayload + 24>;

void count_routine(PVOID context, PIO_STATUS_BLOCK /*status*/, ULONG /*reserved*/) {
  ++*static_cast<std::size_t*>(context);
}

class Flood {
 public:
  Flood(std::size_t requests, std::string_view kinds) : kinds_(kinds), replies_(requests) {}

  bool run() {
    for (std::size_t i = 0; i < replies_.size(); ++i) {
      if (!send(i)) {
        std::fprintf(stderr, "request %zu was refused, last error %u\n", i, GetLastError());
        return false;
      }
    }
    while (completed_ < replies_.size()) {
      if (SleepEx(2 * kTimeout, TRUE) != WAIT_IO_COMPLETION) {
        std::fprintf(stderr, "%zu of %zu completed\n", completed_, replies_.size());
        return false;
      }
    }
    std::size_t answered = 0;
    std::size_t without_options = 0;
    for (std::size_t i = 0; i < replies_.size(); ++i) {
      ICMP_ECHO_REPLY reply;
      std::memcpy(&reply, replies_[i].data(), sizeof reply);
      answered += reply.Status == IP_SUCCESS && reply.Address == host(i) ? 1 : 0;
      without_options += kind(i) == 'r' && reply.Options.OptionsSize == 0 ? 1 : 0;
    }
    std::printf("%zu requests, %zu answered, %zu without options\n", replies_.size(), answered,
                without_options);
    return answered == replies_.size() && without_options == 0 && IcmpCloseHandle(file_) == TRUE;
  }

 private:
  [[nodiscard]] char kind(std::size_t i) const { return kinds_[i % kinds_.size()]; }
  static IPAddr host(std::size_t i) { return htonl(kLoopback + static_cast<DWORD>(i) % kHosts); }

  bool send(std::size_t i) {
    std::array<UCHAR, MAX_OPT_SIZE> record_route{IP_OPT_RR, 39, 4};
    IP_OPTION_INFORMATION options{};
    options.Flags = kind(i) == 'd' ? IP_FLAG_DF : 0;
    if (kind(i) == 'r') {
      options.OptionsSize = static_cast<UCHAR>(record_route.size());
      options.OptionsData = record_route.data();
    }
    std::array<char, kPayload> data{};
    return IcmpSendEcho2(file_, nullptr, count_routine, &completed_, host(i), data.data(), kPayload,
                         &options, replies_[i].data(), sizeof(Reply), kTimeout) == 0 &&
           GetLastError() == ERROR_IO_PENDING;
  }

  HANDLE file_ = IcmpCreateFile();
  std::string_view kinds_;
  std::vector<Reply> replies_;
  std::size_t completed_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  const std::size_t requests = argc == 3 ? std::strtoull(argv[1], nullptr, 10) : 0;
  if (requests == 0 || *argv[2] == '\0') {
    std::fputs("usage: icmpapi_outstanding REQUESTS KINDS\n", stderr);
    return 2;
  }
  return Flood(requests, argv[2]).run() ? 0 : 1;
}
