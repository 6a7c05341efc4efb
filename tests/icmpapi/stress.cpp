// icmpapi_stress: many calls of the family, with all that can be checked about each.
// usage: icmpapi_stress random CALLS SEED | threads THREADS CALLS | fork
// random:  any function with any arguments; replies of 0 to 4096 bytes and requests of 0 to 2048
//          stand before a page that must not be touched, with canaries in front. Loopback answers
//          each request that is sent: where there is time, one that is not answered is a failure.
// threads: each thread sends its own payload on a handle of all and on one of its own, waits in
//          every way there is, and must get its own bytes back.
// fork:    a child goes on with handles of its parent, which has requests outstanding.
// Packets go to 127.0.0.0/8 and ::1 only. Prints "ok ..." and exits with 0, or says what was wrong.
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include <winsock2.h>
#include <winternl.h>

#include "sonde/base/random.hpp"
#define PIO_APC_ROUTINE_DEFINED
#include <icmpapi.h>
#include <iphlpapi.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <thread>
#include <vector>

namespace {

constexpr DWORD kMostReply = 4096;
constexpr DWORD kMostRequest = 2048;

[[noreturn]] void fail(const char* what, std::uint64_t number) {
  std::fprintf(stderr, "%s (call %llu, last error %u)\n", what,
               static_cast<unsigned long long>(number), GetLastError());
  std::_Exit(1);
}

void check(bool holds, const char* what, std::uint64_t number = 0) {
  if (!holds) {
    fail(what, number);
  }
}

IPAddr loopback(std::uint32_t host) { return htonl(0x7f000000 | host); }

// Memory that ends at a page which nobody may touch, and begins with canaries.
class Guarded {
 public:
  explicit Guarded(std::size_t most) {
    page_ = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
    room_ = (most + kCanary + page_ - 1) / page_ * page_;
    void* const memory =
        ::mmap(nullptr, room_ + page_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    check(memory != MAP_FAILED, "mmap");
    base_ = static_cast<unsigned char*>(memory);
    check(::mprotect(base_ + room_, page_, PROT_NONE) == 0, "mprotect");
  }
  Guarded(const Guarded&) = delete;
  Guarded& operator=(const Guarded&) = delete;
  ~Guarded() { ::munmap(base_, room_ + page_); }

  // The last `size` bytes, filled, behind fresh canaries.
  unsigned char* take(std::size_t size, unsigned char fill) {
    start_ = base_ + room_ - size;
    std::memset(start_ - kCanary, kCanaryByte, kCanary);
    std::memset(start_, fill, size);
    return start_;
  }
  [[nodiscard]] bool intact() const {
    return std::all_of(start_ - kCanary, start_, [](auto byte) { return byte == kCanaryByte; });
  }

 private:
  static constexpr std::size_t kCanary = 64;
  static constexpr unsigned char kCanaryByte = 0xc5;
  std::size_t page_;
  std::size_t room_;
  unsigned char* base_;
  unsigned char* start_ = nullptr;
};

// What is in a buffer of `count` replies must be in the buffer.
void check_replies(const unsigned char* buffer, DWORD size, DWORD count, std::uint64_t number) {
  check(count * sizeof(ICMP_ECHO_REPLY) <= size, "more replies than fit", number);
  for (DWORD i = 0; i < count; ++i) {
    ICMP_ECHO_REPLY reply;
    std::memcpy(&reply, buffer + i * sizeof reply, sizeof reply);
    const auto inside = [&](const void* at, std::size_t length) {
      const auto* const begin = static_cast<const unsigned char*>(at);
      return begin >= buffer + count * sizeof reply && begin + length <= buffer + size;
    };
    check(inside(reply.Data, reply.DataSize), "data outside of the buffer", number);
    check(reply.Options.OptionsSize == 0 ||
              inside(reply.Options.OptionsData, reply.Options.OptionsSize),
          "options outside of the buffer", number);
  }
}

// --- random
// ------------------------------------------------------------------------------------------

class RandomCalls {
 public:
  explicit RandomCalls(std::uint64_t seed) : rng_(seed), slots_(kSlots) {
    for (HANDLE& file : files_) {
      file = IcmpCreateFile();
      check(file != INVALID_HANDLE_VALUE, "IcmpCreateFile");
    }
    file6_ = Icmp6CreateFile();
    check(file6_ != INVALID_HANDLE_VALUE, "Icmp6CreateFile");
    for (Slot& slot : slots_) {
      slot.event = CreateEventA(nullptr, TRUE, FALSE, nullptr);
    }
  }

  void run(std::uint64_t calls) {
    for (number_ = 0; number_ < calls; ++number_) {
      switch (rng_.below(16)) {
        case 0:
        case 1:
          send_later();
          break;
        case 2:
          send_six();
          break;
        case 3:
          parse_noise();
          break;
        case 4:
          use_handles();
          break;
        default:
          send_now();
      }
    }
    for (Slot& slot : slots_) {
      finish(slot);
    }
    for (const HANDLE file : files_) {
      check(IcmpCloseHandle(file) == TRUE, "IcmpCloseHandle");
      check(IcmpCloseHandle(file) == FALSE, "closed twice");
    }
    check(IcmpCloseHandle(file6_) == TRUE, "IcmpCloseHandle");
    std::printf("ok %llu calls, %llu answered, %llu pending, %llu refused\n", number_, answered_,
                pended_, refused_);
  }

 private:
  static constexpr std::size_t kSlots = 16;
  struct Slot {
    Guarded reply{kMostReply};
    HANDLE event = nullptr;
    bool busy = false;
    bool ample = false;  // time to be answered
    unsigned char* buffer = nullptr;
    DWORD size = 0;
  };

  DWORD up_to(DWORD most) { return static_cast<DWORD>(rng_.below(most + 1)); }
  // Mostly right, so that most calls get far.
  HANDLE any_file() {
    switch (rng_.below(32)) {
      case 0:
        return nullptr;
      case 1:
        return INVALID_HANDLE_VALUE;
      case 2:
        return file6_;
      case 3:
        return reinterpret_cast<HANDLE>(rng_.next());
      case 4:
        return slots_[0].event;
      default:
        return files_[rng_.below(files_.size())];
    }
  }
  IPAddr any_destination() {
    return rng_.below(64) == 0 ? 0 : loopback(1 + static_cast<std::uint32_t>(rng_.below(250)));
  }
  PIP_OPTION_INFORMATION any_options() {
    if (rng_.below(4) != 0) {
      return nullptr;
    }
    options_ = {};
    options_.Ttl = static_cast<UCHAR>(rng_.next());
    options_.Tos = static_cast<UCHAR>(rng_.next());
    options_.Flags = static_cast<UCHAR>(rng_.below(4));
    if (rng_.below(4) == 0) {
      constexpr std::array<UCHAR, 8> kRecordRoute{IP_OPT_RR, 7, 4, 0, 0, 0, 0, IP_OPT_EOL};
      options_data_.fill(static_cast<UCHAR>(rng_.next()));
      if (rng_.below(2) == 0) {
        std::ranges::copy(kRecordRoute, options_data_.begin());
      }
      options_.OptionsSize = static_cast<UCHAR>(rng_.below(2) == 0 ? 8 : rng_.below(64));
      options_.OptionsData = options_data_.data();
    }
    return &options_;
  }

  // Header options at random may make a request that nobody answers: not for long.
  DWORD any_timeout(const IP_OPTION_INFORMATION* options) {
    constexpr DWORD kAmple = 10'000;
    const bool strange = options != nullptr && options->OptionsSize > 0;
    ample_ = !strange && rng_.below(4) != 0;
    return ample_ ? kAmple : up_to(20);
  }
  // Of a request that was sent, with what any_timeout() gave.
  void check_answered(bool answered, bool ample) const {
    check(answered || !ample, "loopback did not answer", number_);
  }

  void send_now() {
    const DWORD request = up_to(kMostRequest);
    // Half of the sizes near what the request needs, the others anywhere.
    const auto need = static_cast<DWORD>(sizeof(ICMP_ECHO_REPLY)) + request;
    const DWORD size = rng_.below(2) == 0 ? up_to(kMostReply) : need + up_to(16);
    auto* const buffer = reply_.take(size, 0xee);
    auto* const data = request_.take(request, static_cast<unsigned char>(number_));
    const PIP_OPTION_INFORMATION options = any_options();
    const DWORD count =
        IcmpSendEcho(any_file(), any_destination(), data, static_cast<WORD>(request), options,
                     buffer, size, any_timeout(options));
    check(reply_.intact() && request_.intact(), "a byte in front of a buffer changed", number_);
    (count > 0 ? answered_ : refused_) += 1;
    check_replies(buffer, size, count, number_);
    if (count == 0) {
      check(GetLastError() != 0, "no reply and no error", number_);
      check_answered(GetLastError() != IP_REQ_TIMED_OUT, ample_);
      return;
    }
    ICMP_ECHO_REPLY reply;
    std::memcpy(&reply, buffer, sizeof reply);
    if (reply.Status == IP_SUCCESS) {
      check(reply.DataSize == request && std::memcmp(reply.Data, data, request) == 0,
            "another payload came back", number_);
    }
  }

  void finish(Slot& slot) {
    if (!slot.busy) {
      return;
    }
    slot.busy = false;
    check(WaitForSingleObject(slot.event, 10'000) == WAIT_OBJECT_0, "never completed", number_);
    check(slot.reply.intact(), "a byte in front of a buffer changed", number_);
    const DWORD count = IcmpParseReplies(slot.buffer, slot.size);
    check_replies(slot.buffer, slot.size, count, number_);
    check_answered(count == 1 || GetLastError() != IP_REQ_TIMED_OUT, slot.ample);
    check(IcmpParseReplies(slot.buffer, slot.size) == 0, "parsed twice", number_);
  }

  void send_later() {
    Slot& slot = slots_[rng_.below(slots_.size())];
    finish(slot);
    const DWORD request = up_to(kMostRequest);
    slot.size = up_to(kMostReply);
    slot.buffer = slot.reply.take(slot.size, 0xee);
    auto* const data = request_.take(request, static_cast<unsigned char>(number_));
    const PIP_OPTION_INFORMATION options = any_options();
    const DWORD timeout = any_timeout(options);
    const DWORD result =
        IcmpSendEcho2Ex(any_file(), slot.event, nullptr, nullptr,
                        rng_.below(8) == 0 ? loopback(up_to(3)) : 0, any_destination(), data,
                        static_cast<WORD>(request), options, slot.buffer, slot.size, timeout);
    check(result == 0, "asynchronous, and not 0", number_);
    slot.busy = GetLastError() == ERROR_IO_PENDING;
    slot.ample = ample_;
    (slot.busy ? pended_ : refused_) += 1;
    std::memset(data, 0x11, request);  // it was copied
  }

  void send_six() {
    const DWORD request = up_to(kMostRequest);
    const DWORD size = up_to(kMostReply);
    auto* const buffer = reply_.take(size, 0xee);
    auto* const data = request_.take(request, static_cast<unsigned char>(number_));
    sockaddr_in6 source{};
    sockaddr_in6 destination{};
    source.sin6_family = destination.sin6_family = AF_INET6;
    destination.sin6_addr.u.Byte[15] = rng_.below(16) == 0 ? 0 : 1;
    const HANDLE file = rng_.below(16) == 0 ? any_file() : file6_;
    const PIP_OPTION_INFORMATION options = any_options();
    const DWORD count =
        Icmp6SendEcho2(file, nullptr, nullptr, nullptr, &source, &destination, data,
                       static_cast<WORD>(request), options, buffer, size, any_timeout(options));
    check(count <= 1, "IPv6 has one reply", number_);
    check(reply_.intact() && request_.intact(), "a byte in front of a buffer changed", number_);
    (count > 0 ? answered_ : refused_) += 1;
    check_answered(count == 1 || GetLastError() != IP_REQ_TIMED_OUT, ample_);
    if (count == 1) {
      check(Icmp6ParseReplies(buffer, size) == 1, "parses as another result", number_);
      check(std::memcmp(buffer + sizeof(ICMPV6_ECHO_REPLY), data, request) == 0,
            "another payload came back", number_);
    }
  }

  void parse_noise() {
    const DWORD size = up_to(kMostReply);
    auto* const buffer = reply_.take(size, static_cast<unsigned char>(rng_.next()));
    (void)IcmpParseReplies(rng_.below(16) == 0 ? nullptr : buffer, size);
    (void)Icmp6ParseReplies(rng_.below(16) == 0 ? nullptr : buffer, size);
    (void)SondeRepliesTo32(buffer, size, up_to(200));
    check(reply_.intact(), "a byte in front of a buffer changed", number_);
    DWORD length = up_to(64);
    std::vector<WCHAR> text(length + 1, L'#');
    const DWORD result = GetIpErrorString(IP_STATUS_BASE + up_to(300), text.data(), &length);
    check(result != NO_ERROR || text[length] == L'\0', "no text", number_);
    (void)FormatMessageA(static_cast<DWORD>(rng_.next()) & ~FORMAT_MESSAGE_ALLOCATE_BUFFER, nullptr,
                         up_to(12'000), 0, reinterpret_cast<LPSTR>(buffer), size, nullptr);
    check(reply_.intact(), "a byte in front of a buffer changed", number_);
  }

  void use_handles() {
    auto* const noise = reinterpret_cast<HANDLE>(rng_.next());
    (void)SetEvent(noise);
    (void)WaitForSingleObjectEx(noise, 0, TRUE);
    check(CloseHandle(noise) == FALSE, "a handle out of thin air", number_);
    const HANDLE event = CreateEventW(nullptr, FALSE, TRUE, nullptr);
    check(WaitForSingleObject(event, 0) == WAIT_OBJECT_0, "event", number_);
    check(WaitForSingleObject(event, 0) == WAIT_TIMEOUT, "automatic event", number_);
    check(CloseHandle(event) == TRUE && SetEvent(event) == FALSE, "stale handle", number_);
    if (rng_.below(64) == 0) {
      HANDLE& file = files_[rng_.below(files_.size())];
      check(IcmpCloseHandle(file) == TRUE, "IcmpCloseHandle", number_);
      file = IcmpCreateFile();
      check(file != INVALID_HANDLE_VALUE, "IcmpCreateFile", number_);
    }
  }

  sonde::SeededRng rng_;
  std::array<HANDLE, 4> files_{};
  HANDLE file6_ = nullptr;
  std::vector<Slot> slots_;
  Guarded reply_{std::size_t{2} * kMostReply};
  Guarded request_{kMostRequest};
  IP_OPTION_INFORMATION options_{};
  std::array<UCHAR, 64> options_data_{};
  bool ample_ = false;  // what any_timeout() gave last
  unsigned long long number_ = 0;
  unsigned long long answered_ = 0;
  unsigned long long pended_ = 0;
  unsigned long long refused_ = 0;
};

// --- threads
// -----------------------------------------------------------------------------------------

struct Echo {
  std::array<char, 48> data{};
  std::array<char, sizeof(ICMP_ECHO_REPLY) + 48 + 8 + sizeof(IO_STATUS_BLOCK)> reply{};
  int routines = 0;

  void fill(std::uint64_t seed) {
    sonde::SeededRng rng(seed);
    for (char& byte : data) {
      byte = static_cast<char>(rng.next());
    }
  }
  void verify(DWORD count, std::uint64_t number) {
    check(count == 1, "not one reply", number);
    ICMP_ECHO_REPLY answer;
    std::memcpy(&answer, reply.data(), sizeof answer);
    check(answer.Status == IP_SUCCESS && answer.DataSize == data.size() &&
              std::memcmp(answer.Data, data.data(), data.size()) == 0,
          "another thread's bytes", number);
  }
};

void count_routine(PVOID context, PIO_STATUS_BLOCK status, ULONG /*reserved*/) {
  check(status->Status == 0 && status->Information == sizeof(ICMP_ECHO_REPLY) + 48, "status block");
  ++static_cast<Echo*>(context)->routines;
}

void one_of_each(HANDLE file, IPAddr to, HANDLE event, std::uint64_t number) {
  Echo echo;
  echo.fill(number);
  const auto size = static_cast<WORD>(echo.data.size());
  echo.verify(IcmpSendEcho(file, to, echo.data.data(), size, nullptr, echo.reply.data(),
                           echo.reply.size(), 5000),
              number);
  const auto send = [&](HANDLE signalled, PIO_APC_ROUTINE routine) {
    const DWORD result = IcmpSendEcho2(file, signalled, routine, &echo, to, echo.data.data(), size,
                                       nullptr, echo.reply.data(), echo.reply.size(), 5000);
    check(result == 0 && GetLastError() == ERROR_IO_PENDING, "not pending", number);
  };
  send(event, nullptr);
  check(WaitForSingleObject(event, 10'000) == WAIT_OBJECT_0, "event not set", number);
  echo.verify(IcmpParseReplies(echo.reply.data(), echo.reply.size()), number);
  send(nullptr, count_routine);
  check(SleepEx(10'000, TRUE) == WAIT_IO_COMPLETION && echo.routines == 1, "no routine", number);
  echo.verify(IcmpParseReplies(echo.reply.data(), echo.reply.size()), number);
}

int threads(unsigned count, unsigned calls) {
  const HANDLE shared = IcmpCreateFile();
  check(shared != INVALID_HANDLE_VALUE, "IcmpCreateFile");
  std::vector<std::thread> running;
  running.reserve(count);
  for (unsigned t = 0; t < count; ++t) {
    running.emplace_back([=] {
      const HANDLE own = IcmpCreateFile();
      check(own != INVALID_HANDLE_VALUE, "IcmpCreateFile");
      const HANDLE event = CreateEventA(nullptr, FALSE, FALSE, nullptr);
      for (unsigned i = 0; i < calls; ++i) {
        // The same address for all: only identity can keep them apart.
        one_of_each(i % 2 == 0 ? shared : own, loopback(1), event, (std::uint64_t{t} << 32) | i);
      }
      check(IcmpCloseHandle(own) == TRUE && CloseHandle(event) == TRUE, "close");
    });
  }
  for (std::thread& thread : running) {
    thread.join();
  }
  check(IcmpCloseHandle(shared) == TRUE, "close");
  std::printf("ok %u threads, %u echoes each\n", count, 3 * calls);
  return 0;
}

// --- fork
// --------------------------------------------------------------------------------------------

int after_fork() {
  const HANDLE file = IcmpCreateFile();
  const HANDLE event = CreateEventA(nullptr, FALSE, FALSE, nullptr);
  one_of_each(file, loopback(1), event, 1);
  Echo pending;
  pending.fill(2);
  // 127.0.0.1 answers at once, so that this one is complete, or nearly so, when the child starts.
  check(IcmpSendEcho2(file, event, nullptr, nullptr, loopback(1), pending.data.data(), 48, nullptr,
                      pending.reply.data(), pending.reply.size(), 5000) == 0,
        "send");
  const pid_t child = ::fork();
  check(child >= 0, "fork");
  if (child == 0) {
    const HANDLE own_event = CreateEventA(nullptr, FALSE, FALSE, nullptr);
    one_of_each(file, loopback(1), own_event, 3);
    check(IcmpCloseHandle(file) == TRUE, "close in the child");
    std::_Exit(0);
  }
  one_of_each(file, loopback(1), CreateEventA(nullptr, FALSE, FALSE, nullptr), 4);
  check(WaitForSingleObject(event, 10'000) == WAIT_OBJECT_0, "the parent's request was lost");
  pending.verify(IcmpParseReplies(pending.reply.data(), pending.reply.size()), 2);
  int status = 0;
  check(::waitpid(child, &status, 0) == child && status == 0, "the child failed");
  check(IcmpCloseHandle(file) == TRUE, "close");
  std::puts("ok fork");
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view mode = argc > 1 ? argv[1] : "";
  const auto number = [&](int index) { return std::strtoull(argv[index], nullptr, 10); };
  if (mode == "random" && argc == 4) {
    RandomCalls(number(3)).run(number(2));
    return 0;
  }
  if (mode == "threads" && argc == 4) {
    return threads(static_cast<unsigned>(number(2)), static_cast<unsigned>(number(3)));
  }
  if (mode == "fork" && argc == 2) {
    return after_fork();
  }
  std::fputs("usage: icmpapi_stress random CALLS SEED | threads THREADS CALLS | fork\n", stderr);
  return 2;
}
