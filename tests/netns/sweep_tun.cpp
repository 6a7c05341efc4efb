// sweep_tun.cpp: many hosts behind a TUN device, lean enough for 100,000 echo requests a second,
// with exact books of what it did; for tests/netns/sweep_model.py and tests/bench/sweep_model.sh.
// netns_sweep_tun DEVICE FIRST HOSTS LOSS_PERMILLE MIN_US MAX_US HOSTILE_PERMILLE SEED
//   Host h of FIRST .. FIRST+HOSTS-1 answers after MIN_US + (MAX_US-MIN_US) * h / (HOSTS-1), always
//   the same; each request is lost by a draw of its own. Of HOSTILE_PERMILLE of the answers a copy
//   follows 700 us later, and of as many a forgery comes first: the same reply from the next host's
//   address, which nobody may count.
// Makes the device in the namespace it is started in, prints "ready" and serves until standard
// input is closed. Then one line a request, in order of arrival at its host:
//   ADDRESS NUMBER DELAY_US TOOK_US COPIES     (lost: "ADDRESS NUMBER - - 0")
// DELAY is the model's, TOOK what passed from reading the request to writing the answer; and last
//   # requests N answered N lost N copies N forged N refused N other N under_way N worst_us N
// refused: answers that the kernel did not take; under_way: the most that waited at one time.
// Exit code: 0, 77 without a TUN device, 1 else.
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <queue>
#include <string>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::microseconds;

constexpr int kSkipped = 77;
constexpr std::size_t kLargest = 256;  // bytes of a request that are kept
constexpr std::size_t kIpv4Header = 20;
constexpr std::size_t kIcmpHeader = 8;
constexpr microseconds kCopyGap{700};
constexpr microseconds kSpin{15};  // closer than this to the next answer nobody sleeps

struct Model {
  std::uint32_t first = 0;
  std::uint32_t hosts = 0;
  std::uint32_t loss_permille = 0;
  std::uint32_t min_us = 0;
  std::uint32_t max_us = 0;
  std::uint32_t hostile_permille = 0;
  std::uint64_t seed = 0;

  [[nodiscard]] microseconds delay(std::uint32_t host) const {
    const std::uint64_t spread = max_us - min_us;
    return microseconds(min_us + spread * host / std::max(1U, hosts - 1));
  }
};

// splitmix64: a draw that depends on nothing but the host and the number of its request.
std::uint32_t draw(const Model& model, std::uint32_t host, std::uint32_t number,
                   std::uint32_t use) {
  std::uint64_t z =
      model.seed + (std::uint64_t{host} << 24U | number << 4U | use) * 0x9e3779b97f4a7c15ULL;
  z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27U)) * 0x94d049bb133111ebULL;
  return static_cast<std::uint32_t>((z ^ (z >> 31U)) % 1000);
}

struct Entry {  // of the books
  std::uint32_t host;
  std::uint32_t number;
  std::int32_t took_us = -1;
  bool lost = false;
  std::uint8_t copies = 0;
};

struct Packet {
  std::array<std::uint8_t, kLargest> bytes;
  std::size_t size;
};

enum class Kind : std::uint8_t { answer, copy, forgery };

struct Due {
  Clock::time_point at;
  Clock::time_point read_at;
  std::uint32_t packet;
  std::uint32_t entry;
  Kind kind;
  bool operator>(const Due& other) const { return at > other.at; }
};

class Hosts {
 public:
  Hosts(int fd, const Model& model) : fd_(fd), model_(model), requests_(model.hosts) {
    books_.reserve(std::size_t{model.hosts} * 32);
  }

  void serve() {
    while (wait()) {
      for (int i = 0; i < 64 && read_one(); ++i) {
      }
      write_due();
    }
    for (; !coming_.empty(); coming_.pop()) {  // those that nobody waits for any more
    }
  }

  void print_books() const {
    for (const Entry& entry : books_) {
      const in_addr address{.s_addr = htonl(model_.first + entry.host)};
      std::array<char, INET_ADDRSTRLEN> text{};
      ::inet_ntop(AF_INET, &address, text.data(), text.size());
      if (entry.lost) {
        std::printf("%s %u - - 0\n", text.data(), entry.number);
      } else {
        std::printf("%s %u %lld %d %u\n", text.data(), entry.number,
                    static_cast<long long>(model_.delay(entry.host).count()), entry.took_us,
                    entry.copies);
      }
    }
    std::printf(
        "# requests %zu answered %zu lost %zu copies %zu forged %zu refused %zu other %zu "
        "under_way %zu worst_us %lld\n",
        books_.size(), answered_, lost_, copies_, forged_, refused_, other_, most_under_way_,
        static_cast<long long>(worst_.count()));
  }

 private:
  // Until there is something to do; false when standard input is closed.
  bool wait() {
    if (++turns_ % 1024 != 0 && !coming_.empty() && coming_.top().at - Clock::now() < kSpin) {
      return true;
    }
    std::array<pollfd, 2> fds{{{.fd = fd_, .events = POLLIN, .revents = 0},
                               {.fd = STDIN_FILENO, .events = POLLIN, .revents = 0}}};
    timespec limit{};
    if (!coming_.empty()) {
      const auto left = std::chrono::nanoseconds(coming_.top().at - Clock::now() - kSpin);
      const auto patience = std::max<std::int64_t>(0, left.count());
      limit = {.tv_sec = patience / 1'000'000'000, .tv_nsec = patience % 1'000'000'000};
    }
    (void)::ppoll(fds.data(), fds.size(), coming_.empty() ? nullptr : &limit, nullptr);
    return (fds[1].revents & (POLLIN | POLLHUP)) == 0;
  }

  bool read_one() {
    const std::uint32_t slot = take_slot();
    Packet& packet = packets_[slot];
    const ssize_t n = ::read(fd_, packet.bytes.data(), packet.bytes.size());
    if (n <= 0) {
      free_.push_back(slot);
      return false;
    }
    packet.size = static_cast<std::size_t>(n);
    const auto& bytes = packet.bytes;
    std::uint32_t destination = 0;
    std::memcpy(&destination, bytes.data() + 16, 4);
    const std::uint32_t host = ntohl(destination) - model_.first;
    // IPv4 without options, ICMP, echo request, to one of ours.
    if (packet.size < kIpv4Header + kIcmpHeader || bytes[0] != 0x45 || bytes[9] != IPPROTO_ICMP ||
        bytes[kIpv4Header] != 8 || host >= model_.hosts) {
      ++other_;
      free_.push_back(slot);
      return true;
    }
    accept(slot, host, Clock::now());
    return true;
  }

  void accept(std::uint32_t slot, std::uint32_t host, Clock::time_point now) {
    Entry entry{.host = host, .number = requests_[host]++};
    entry.lost = draw(model_, host, entry.number, 0) < model_.loss_permille;
    const auto index = static_cast<std::uint32_t>(books_.size());
    if (entry.lost) {
      ++lost_;
      free_.push_back(slot);
    } else {
      make_reply(packets_[slot]);
      const Clock::time_point at = now + model_.delay(host);
      if (draw(model_, host, entry.number, 1) < model_.hostile_permille) {
        plan({.at = at - kCopyGap / 2,
              .read_at = now,
              .packet = duplicate(slot),
              .entry = index,
              .kind = Kind::forgery});
      }
      if (draw(model_, host, entry.number, 2) < model_.hostile_permille) {
        entry.copies = 1;
        plan({.at = at + kCopyGap,
              .read_at = now,
              .packet = duplicate(slot),
              .entry = index,
              .kind = Kind::copy});
      }
      plan({.at = at, .read_at = now, .packet = slot, .entry = index, .kind = Kind::answer});
      most_under_way_ = std::max(most_under_way_, books_.size() + 1 - lost_ - answered_);
    }
    books_.push_back(entry);
  }

  void plan(const Due& due) { coming_.push(due); }

  // Source and destination change places: the checksum of the header stays. RFC 1624: the type
  // goes from 8 to 0, so the ICMP checksum grows by 0x0800.
  static void make_reply(Packet& packet) {
    auto& bytes = packet.bytes;
    std::swap_ranges(bytes.begin() + 12, bytes.begin() + 16, bytes.begin() + 16);
    bytes[kIpv4Header] = 0;
    const std::uint32_t sum = (static_cast<std::uint32_t>(bytes[22]) << 8U | bytes[23]) + 0x0800U;
    const std::uint32_t folded = (sum & 0xffffU) + (sum >> 16U);
    bytes[22] = static_cast<std::uint8_t>(folded >> 8U);
    bytes[23] = static_cast<std::uint8_t>(folded);
  }

  // The next host's address as the source; the header's checksum is made anew.
  static void forge(Packet& packet) {
    auto& bytes = packet.bytes;
    std::uint32_t source = 0;
    std::memcpy(&source, bytes.data() + 12, 4);
    source = htonl(ntohl(source) + 1);
    std::memcpy(bytes.data() + 12, &source, 4);
    bytes[10] = bytes[11] = 0;
    std::uint32_t sum = 0;
    for (std::size_t i = 0; i < kIpv4Header; i += 2) {
      sum += static_cast<std::uint32_t>(bytes[i]) << 8U | bytes[i + 1];
    }
    sum = (sum & 0xffffU) + (sum >> 16U);
    sum = ~((sum & 0xffffU) + (sum >> 16U));
    bytes[10] = static_cast<std::uint8_t>(sum >> 8U);
    bytes[11] = static_cast<std::uint8_t>(sum);
  }

  void write_due() {
    Clock::time_point now = Clock::now();
    while (!coming_.empty() && coming_.top().at <= now) {
      const Due due = coming_.top();
      coming_.pop();
      Packet& packet = packets_[due.packet];
      if (due.kind == Kind::forgery) {
        forge(packet);
      }
      now = Clock::now();
      refused_ += ::write(fd_, packet.bytes.data(), packet.size) < 0 ? 1 : 0;
      note(due, now);
      free_.push_back(due.packet);
    }
  }

  void note(const Due& due, Clock::time_point now) {
    forged_ += due.kind == Kind::forgery ? 1 : 0;
    copies_ += due.kind == Kind::copy ? 1 : 0;
    if (due.kind == Kind::answer) {
      ++answered_;
      const auto took = std::chrono::duration_cast<microseconds>(now - due.read_at);
      books_[due.entry].took_us = static_cast<std::int32_t>(took.count());
      worst_ = std::max(worst_, std::chrono::duration_cast<microseconds>(now - due.at));
    }
  }

  std::uint32_t take_slot() {
    if (free_.empty()) {
      packets_.emplace_back();
      return static_cast<std::uint32_t>(packets_.size() - 1);
    }
    const std::uint32_t slot = free_.back();
    free_.pop_back();
    return slot;
  }

  std::uint32_t duplicate(std::uint32_t slot) {
    const std::uint32_t copy = take_slot();
    packets_[copy] = packets_[slot];
    return copy;
  }

  int fd_;
  Model model_;
  std::vector<std::uint32_t> requests_;  // a host
  std::vector<Entry> books_;
  std::vector<Packet> packets_;
  std::vector<std::uint32_t> free_;
  std::priority_queue<Due, std::vector<Due>, std::greater<>> coming_;
  std::uint64_t turns_ = 0;
  std::size_t answered_ = 0;
  std::size_t lost_ = 0;
  std::size_t copies_ = 0;
  std::size_t forged_ = 0;
  std::size_t refused_ = 0;
  std::size_t other_ = 0;
  std::size_t most_under_way_ = 0;
  microseconds worst_{};
};

int open_device(const std::string& name) {
  const int fd = ::open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK);
  ifreq request{};
  request.ifr_flags = IFF_TUN | IFF_NO_PI;
  name.copy(request.ifr_name, IFNAMSIZ - 1);
  if (fd < 0 || ::ioctl(fd, TUNSETIFF, &request) != 0) {
    std::printf("[skipped] no TUN device: %s\n", std::strerror(errno));
    std::exit(kSkipped);
  }
  return fd;
}

std::uint32_t number(const char* text) {
  return static_cast<std::uint32_t>(std::strtoul(text, nullptr, 10));
}

}  // namespace

int main(int argc, char** argv) {
  constexpr int kArguments = 9;
  in_addr first{};
  if (argc != kArguments || ::inet_pton(AF_INET, argv[2], &first) != 1) {
    std::fprintf(stderr,
                 "usage: netns_sweep_tun DEVICE FIRST HOSTS LOSS_PERMILLE MIN_US MAX_US "
                 "HOSTILE_PERMILLE SEED\n");
    return 1;
  }
  const Model model{.first = ntohl(first.s_addr),
                    .hosts = number(argv[3]),
                    .loss_permille = number(argv[4]),
                    .min_us = number(argv[5]),
                    .max_us = number(argv[6]),
                    .hostile_permille = number(argv[7]),
                    .seed = number(argv[8])};
  Hosts hosts(open_device(argv[1]), model);
  std::printf("ready\n");
  std::fflush(stdout);
  hosts.serve();
  hosts.print_books();
  return 0;
}
