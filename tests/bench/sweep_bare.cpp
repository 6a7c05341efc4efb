// sweep_bare.cpp: the sweep that nobody can beat, to compare real ones with.
// One thread, one socket, prepared packets: sendmmsg of 64 echo requests, then recvmmsg until the
// socket is empty; a bitmap of who answered; after the last request it waits for those that lack,
// at most --timeout. No names, no retries, no RTT, no output but one line. bench_sweep_bare FIRST
// COUNT [--dgram] [--stamps] [--timeout MS]
//   --dgram   a datagram ICMP socket (without privilege) instead of a raw one
//   --stamps  with the kernel's receive stamps, as a tool that measures RTT must have them
// Out: "found N of M, kernel dropped D, S s, R probes/s". The kernel's drops are those of the
// socket's own queue (SO_MEMINFO): when it is not 0, a lack is the loop's own fault.
// Exit code: 0 all found, 1 some not, 2 usage, 77 no socket.
#include <arpa/inet.h>
#include <linux/icmp.h>
#include <linux/net_tstamp.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kBatch = 64;
constexpr std::size_t kPacket = 8 + 56;  // header and payload of an echo request
constexpr std::uint16_t kIdent = 0x5eed;
constexpr int kQueueBytes = 16 << 20;
constexpr int kSkipped = 77;

struct Options {
  std::uint32_t first = 0;
  std::uint32_t count = 0;
  bool dgram = false;
  bool stamps = false;
  std::chrono::milliseconds timeout{500};
};

int open_socket(const Options& options) {
  const int fd =
      ::socket(AF_INET, (options.dgram ? SOCK_DGRAM : SOCK_RAW) | SOCK_NONBLOCK, IPPROTO_ICMP);
  if (fd < 0) {
    std::printf("[skipped] no socket: %s\n", std::strerror(errno));
    std::exit(kSkipped);
  }
  const icmp_filter replies{.data = ~(1U << ICMP_ECHOREPLY)};
  if (!options.dgram) {
    (void)::setsockopt(fd, SOL_RAW, ICMP_FILTER, &replies, sizeof replies);
  }
  if (::setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &kQueueBytes, sizeof kQueueBytes) != 0) {
    (void)::setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &kQueueBytes, sizeof kQueueBytes);
  }
  const int stamps = SOF_TIMESTAMPING_RX_SOFTWARE | SOF_TIMESTAMPING_SOFTWARE;
  if (options.stamps) {
    (void)::setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPING, &stamps, sizeof stamps);
  }
  return fd;
}

// RFC 792: an echo request; its checksum covers zeros beside the header.
std::array<std::uint8_t, kPacket> request() {
  std::array<std::uint8_t, kPacket> packet{};
  packet[0] = ICMP_ECHO;
  packet[4] = kIdent >> 8;
  packet[5] = kIdent & 0xff;
  packet[7] = 1;
  const std::uint32_t sum = (ICMP_ECHO << 8) + kIdent + 1;
  const std::uint32_t checksum = ~((sum & 0xffff) + (sum >> 16));
  packet[2] = static_cast<std::uint8_t>(checksum >> 8);
  packet[3] = static_cast<std::uint8_t>(checksum);
  return packet;
}

class Sweep {
 public:
  explicit Sweep(const Options& options)
      : options_(options),
        fd_(open_socket(options)),
        packet_(request()),
        answered_((options.count + 63) / 64) {
    for (std::size_t i = 0; i < kBatch; ++i) {
      names_[i].sin_family = AF_INET;
      out_vectors_[i] = {.iov_base = packet_.data(), .iov_len = packet_.size()};
      out_[i].msg_hdr.msg_name = &names_[i];
      out_[i].msg_hdr.msg_namelen = sizeof names_[i];
      out_[i].msg_hdr.msg_iov = &out_vectors_[i];
      out_[i].msg_hdr.msg_iovlen = 1;
      in_vectors_[i] = {.iov_base = buffers_[i].data(), .iov_len = buffers_[i].size()};
      in_[i].msg_hdr.msg_name = &senders_[i];
      in_[i].msg_hdr.msg_iov = &in_vectors_[i];
      in_[i].msg_hdr.msg_iovlen = 1;
      in_[i].msg_hdr.msg_control = options.stamps ? controls_[i].data() : nullptr;
    }
  }
  ~Sweep() { ::close(fd_); }
  Sweep(const Sweep&) = delete;
  Sweep& operator=(const Sweep&) = delete;

  std::uint32_t run() {
    for (std::uint32_t next = 0; next < options_.count;) {
      next += send(next);
      receive();
    }
    const Clock::time_point end = Clock::now() + options_.timeout;
    while (found_ < options_.count && Clock::now() < end) {
      await(POLLIN, end);
      receive();
    }
    return found_;
  }

  [[nodiscard]] std::uint32_t dropped() const {
    std::array<std::uint32_t, SK_MEMINFO_VARS> info{};
    socklen_t size = sizeof info;
    return ::getsockopt(fd_, SOL_SOCKET, SO_MEMINFO, info.data(), &size) == 0
               ? info[SK_MEMINFO_DROPS]
               : 0;
  }

 private:
  // How many of the targets from `next` on were sent to; a full device queue is waited for.
  std::uint32_t send(std::uint32_t next) {
    const auto count = std::min<std::uint32_t>(kBatch, options_.count - next);
    for (std::uint32_t i = 0; i < count; ++i) {
      names_[i].sin_addr.s_addr = htonl(options_.first + next + i);
    }
    const int sent = ::sendmmsg(fd_, out_.data(), count, 0);
    if (sent > 0) {
      return static_cast<std::uint32_t>(sent);
    }
    if (errno != EAGAIN && errno != ENOBUFS) {
      return 1;  // this one cannot be sent to
    }
    await(POLLOUT, Clock::now() + std::chrono::milliseconds(1));
    return 0;
  }

  void receive() {
    for (int got = kBatch; got == static_cast<int>(kBatch);) {
      for (mmsghdr& message : in_) {
        message.msg_hdr.msg_namelen = sizeof(sockaddr_in);
        message.msg_hdr.msg_controllen = options_.stamps ? controls_[0].size() : 0;
      }
      got = ::recvmmsg(fd_, in_.data(), kBatch, MSG_DONTWAIT, nullptr);
      for (int i = 0; i < got; ++i) {
        mark(static_cast<std::size_t>(i));
      }
    }
  }

  void mark(std::size_t i) {
    const std::uint32_t index = ntohl(senders_[i].sin_addr.s_addr) - options_.first;
    if (index >= options_.count || !ours(buffers_[i], in_[i].msg_len)) {
      return;
    }
    std::uint64_t& word = answered_[index / 64];
    const std::uint64_t bit = std::uint64_t{1} << (index % 64);
    found_ += (word & bit) == 0 ? 1 : 0;
    word |= bit;
  }

  [[nodiscard]] bool ours(const std::array<std::uint8_t, 256>& buffer, std::size_t size) const {
    const std::size_t header = options_.dgram ? 0 : (buffer[0] & 0x0fU) * 4U;
    return size >= header + 8 && buffer[header] == ICMP_ECHOREPLY &&
           (options_.dgram ||
            (buffer[header + 4] == kIdent >> 8 && buffer[header + 5] == (kIdent & 0xff)));
  }

  void await(short events, Clock::time_point end) const {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - Clock::now());
    pollfd waiting{.fd = fd_, .events = events, .revents = 0};
    (void)::poll(&waiting, 1, static_cast<int>(std::max<std::int64_t>(0, left.count())));
  }

  Options options_;
  int fd_;
  std::array<std::uint8_t, kPacket> packet_;
  std::vector<std::uint64_t> answered_;
  std::uint32_t found_ = 0;
  std::array<sockaddr_in, kBatch> names_{};
  std::array<sockaddr_in, kBatch> senders_{};
  std::array<iovec, kBatch> out_vectors_{};
  std::array<iovec, kBatch> in_vectors_{};
  std::array<mmsghdr, kBatch> out_{};
  std::array<mmsghdr, kBatch> in_{};
  std::array<std::array<std::uint8_t, 256>, kBatch> buffers_{};
  std::array<std::array<std::uint8_t, 128>, kBatch> controls_{};
};

bool parse(int argc, char** argv, Options& options) {
  in_addr first{};
  if (argc < 3 || ::inet_pton(AF_INET, argv[1], &first) != 1) {
    return false;
  }
  options.first = ntohl(first.s_addr);
  options.count = static_cast<std::uint32_t>(std::strtoul(argv[2], nullptr, 10));
  for (int i = 3; i < argc; ++i) {
    const std::string_view word = argv[i];
    options.dgram = options.dgram || word == "--dgram";
    options.stamps = options.stamps || word == "--stamps";
    if (word == "--timeout" && i + 1 < argc) {
      options.timeout = std::chrono::milliseconds(std::atoi(argv[++i]));
    }
  }
  return options.count > 0;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  if (!parse(argc, argv, options)) {
    std::fprintf(stderr,
                 "usage: bench_sweep_bare FIRST COUNT [--dgram] [--stamps] [--timeout MS]\n");
    return 2;
  }
  Sweep sweep(options);
  const Clock::time_point start = Clock::now();
  const std::uint32_t found = sweep.run();
  const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
  std::printf("found %u of %u, kernel dropped %u, %.4f s, %.0f probes/s\n", found, options.count,
              sweep.dropped(), seconds, options.count / seconds);
  return found == options.count ? 0 : 1;
}
