// sweep_dns.cpp: a name server with a fixed delay, for tests of many names at once.
// netns_sweep_dns ADDRESS DELAY_MS FIRST
//   nK.ANYTHING   A: FIRST + K; AAAA: no data        xK.ANYTHING   no such name (NXDOMAIN)
//   deadK.ANYTHING  never answered                   all others     refused
//   D.C.B.A.in-addr.arpa  PTR: n<A.B.C.D - FIRST>.lab.test; no such name from FIRST + 1024 on;
//                   never answered from FIRST + 65536 on
// Every answer leaves DELAY_MS after its question came, however many there are. Listens on
// ADDRESS:53, prints "ready", serves until standard input is closed, then prints
//   questions N answers N ignored N most_waiting N first_at S last_at S
// with times as seconds of CLOCK_REALTIME (first question, last answer). Exit code 0, or 1 when the
// address cannot be had. RFC 1035 section 4.1.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr std::size_t kHeader = 12;
constexpr std::size_t kMessage = 512;
constexpr std::uint16_t kTypeA = 1;
constexpr std::uint16_t kTypePtr = 12;
constexpr std::uint8_t kNameError = 3;
constexpr std::uint8_t kRefused = 5;
constexpr int kQueueBytes = 8 << 20;

double wall_now() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

struct Message {
  std::array<std::uint8_t, kMessage> bytes{};
  std::size_t size = 0;
  sockaddr_in peer{};
  Clock::time_point due;
};

std::uint16_t word(const Message& message, std::size_t at) {
  return static_cast<std::uint16_t>(message.bytes[at] << 8U | message.bytes[at + 1]);
}

// Where the question's type begins; nothing when the name is not whole.
std::optional<std::size_t> end_of_name(const Message& message) {
  std::size_t at = kHeader;
  while (at < message.size && message.bytes[at] != 0) {
    at += message.bytes[at] + 1U;
  }
  return at + 5 <= message.size ? std::optional(at + 1) : std::nullopt;
}

std::string_view first_label(const Message& message) {
  const auto* text = reinterpret_cast<const char*>(message.bytes.data());
  return {text + kHeader + 1, message.bytes[kHeader]};
}

// The K of a label such as n17.
std::optional<std::uint32_t> number_after(std::string_view label, std::string_view prefix) {
  std::uint32_t number = 0;
  if (!label.starts_with(prefix)) {
    return std::nullopt;
  }
  const char* end = label.data() + label.size();
  const auto parsed = std::from_chars(label.data() + prefix.size(), end, number);
  return parsed.ec == std::errc{} && parsed.ptr == end ? std::optional(number) : std::nullopt;
}

void add_address(Message& message, std::uint32_t address) {
  // A pointer to the question's name, type A, class IN, 60 seconds, 4 bytes.
  const std::array<std::uint8_t, 12> record{0xc0, kHeader, 0, kTypeA, 0, 1, 0, 0, 0, 60, 0, 4};
  std::ranges::copy(record, message.bytes.begin() + static_cast<std::ptrdiff_t>(message.size));
  message.size += record.size();
  const std::uint32_t wire = htonl(address);
  std::memcpy(message.bytes.data() + message.size, &wire, sizeof wire);
  message.size += sizeof wire;
  message.bytes[7] = 1;  // one answer
}

// The address that a reverse name stands for.
std::optional<std::uint32_t> reverse_of(const Message& message) {
  constexpr std::string_view kTail("\7in-addr\4arpa\0", 14);
  std::size_t at = kHeader;
  std::uint32_t address = 0;
  for (unsigned shift = 0; shift < 32; shift += 8) {
    const std::size_t length = message.bytes[at];
    const auto* digits = reinterpret_cast<const char*>(message.bytes.data()) + at + 1;
    std::uint32_t part = 0;
    if (at + length + 1 >= message.size ||
        std::from_chars(digits, digits + length, part).ptr != digits + length) {
      return std::nullopt;
    }
    address |= (part & 0xffU) << shift;
    at += length + 1;
  }
  const std::string_view all(reinterpret_cast<const char*>(message.bytes.data()), message.size);
  return all.substr(at).starts_with(kTail) ? std::optional(address) : std::nullopt;
}

void add_name(Message& message, std::uint32_t host) {
  const std::string label = "n" + std::to_string(host);
  const std::string name =
      static_cast<char>(label.size()) + label + std::string("\3lab\4test\0", 10);
  const std::array<std::uint8_t, 12> record{
      0xc0, kHeader, 0, kTypePtr, 0, 1, 0, 0, 0, 60, 0, static_cast<std::uint8_t>(name.size())};
  auto out = message.bytes.begin() + static_cast<std::ptrdiff_t>(message.size);
  out = std::ranges::copy(record, out).out;
  std::ranges::copy(name, out);
  message.size += record.size() + name.size();
  message.bytes[7] = 1;  // one answer
}

void make_answer(Message& message, std::size_t type_at, std::uint8_t code) {
  std::fill(message.bytes.begin() + 6, message.bytes.begin() + kHeader, std::uint8_t{0});
  message.size = type_at + 4;                            // without what the client added (EDNS)
  message.bytes[2] = 0x84 | (message.bytes[2] & 0x01U);  // a response, authoritative
  message.bytes[3] = 0x80 | code;
}

// As answer(), for a reverse name.
bool answer_reverse(Message& message, std::size_t type_at, std::uint32_t host) {
  constexpr std::uint32_t kNamed = 1024;
  constexpr std::uint32_t kAnswered = 65536;
  if (host >= kAnswered) {
    return false;
  }
  make_answer(message, type_at, host < kNamed ? 0 : kNameError);
  if (host < kNamed) {
    add_name(message, host);
  }
  return true;
}

// The question becomes its answer; false when there is none to give.
bool answer(Message& message, std::uint32_t first) {
  const auto type_at = end_of_name(message);
  if (message.size < kHeader || !type_at || number_after(first_label(message), "dead")) {
    return false;
  }
  const std::uint16_t type = word(message, *type_at);
  if (const auto address = reverse_of(message); address && type == kTypePtr) {
    return answer_reverse(message, *type_at, *address - first);
  }
  const auto host = number_after(first_label(message), "n");
  const bool unknown = number_after(first_label(message), "x").has_value();
  make_answer(message, *type_at, host ? 0 : unknown ? kNameError : kRefused);
  if (host && type == kTypeA) {
    add_address(message, first + *host);
  }
  return true;
}

class Server {
 public:
  Server(int fd, milliseconds delay, std::uint32_t first) : fd_(fd), delay_(delay), first_(first) {}

  void serve() {
    while (wait()) {
      while (take()) {
      }
      while (!waiting_.empty() && waiting_.front().due <= Clock::now()) {
        give(waiting_.front());
        waiting_.pop_front();
      }
    }
  }

  void print() const {
    std::printf(
        "questions %zu answers %zu ignored %zu most_waiting %zu first_at %.6f last_at %.6f\n",
        questions_, answers_, questions_ - answers_ - waiting_.size(), most_waiting_, first_at_,
        last_at_);
  }

 private:
  bool wait() {
    std::array<pollfd, 2> fds{{{.fd = fd_, .events = POLLIN, .revents = 0},
                               {.fd = STDIN_FILENO, .events = POLLIN, .revents = 0}}};
    timespec limit{};
    if (!waiting_.empty()) {
      const auto left = std::chrono::nanoseconds(waiting_.front().due - Clock::now()).count();
      const auto patience = std::max<std::int64_t>(0, left);
      limit = {.tv_sec = patience / 1'000'000'000, .tv_nsec = patience % 1'000'000'000};
    }
    (void)::ppoll(fds.data(), fds.size(), waiting_.empty() ? nullptr : &limit, nullptr);
    return (fds[1].revents & (POLLIN | POLLHUP)) == 0;
  }

  bool take() {
    Message message;
    socklen_t size = sizeof message.peer;
    const ssize_t n = ::recvfrom(fd_, message.bytes.data(), kMessage / 2, MSG_DONTWAIT,
                                 reinterpret_cast<sockaddr*>(&message.peer), &size);
    if (n < 0) {
      return false;
    }
    first_at_ = questions_++ == 0 ? wall_now() : first_at_;
    message.size = static_cast<std::size_t>(n);
    message.due = Clock::now() + delay_;
    if (answer(message, first_)) {
      waiting_.push_back(message);
      most_waiting_ = std::max(most_waiting_, waiting_.size());
    }
    return true;
  }

  void give(const Message& message) {
    (void)::sendto(fd_, message.bytes.data(), message.size, 0,
                   reinterpret_cast<const sockaddr*>(&message.peer), sizeof message.peer);
    ++answers_;
    last_at_ = wall_now();
  }

  int fd_;
  milliseconds delay_;
  std::uint32_t first_;
  std::deque<Message> waiting_;
  std::size_t questions_ = 0;
  std::size_t answers_ = 0;
  std::size_t most_waiting_ = 0;
  double first_at_ = 0;
  double last_at_ = 0;
};

int bind_to(const char* address) {
  sockaddr_in name{};
  name.sin_family = AF_INET;
  name.sin_port = htons(53);
  const int fd = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  (void)::setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &kQueueBytes, sizeof kQueueBytes);
  if (::inet_pton(AF_INET, address, &name.sin_addr) != 1 ||
      ::bind(fd, reinterpret_cast<const sockaddr*>(&name), sizeof name) != 0) {
    std::perror(address);
    std::exit(1);
  }
  return fd;
}

}  // namespace

int main(int argc, char** argv) {
  in_addr first{};
  if (argc != 4 || ::inet_pton(AF_INET, argv[3], &first) != 1) {
    std::fprintf(stderr, "usage: netns_sweep_dns ADDRESS DELAY_MS FIRST\n");
    return 1;
  }
  Server server(bind_to(argv[1]), milliseconds(std::atoi(argv[2])), ntohl(first.s_addr));
  std::printf("ready\n");
  std::fflush(stdout);
  server.serve();
  server.print();
  return 0;
}
