// transport_batches.cpp: what the transport seam costs a sweep.
// The raw IPv4 transport alone (no engine, no transmit stamps) against a bare sendmmsg/recvmmsg
// loop on the same kind of socket, both pinging 127.0.0.1 to 127.0.255.254 with 56 bytes in batches
// of 64; every reply is waited for. Rounds alternate; the ratio is the median of paired rounds.
// bench_transport_batches [--check] [--rounds N]
// Prints both rates and the ratio. Exit code 1 with --check when the ratio is below 0.9, 77 when no
// raw socket may be opened. Run by transport_batches.sh in a network namespace of its own.
#include <arpa/inet.h>
#include <linux/icmp.h>
#include <linux/net_tstamp.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <vector>

#include "sonde/base/random.hpp"
#include "sonde/base/system_clock.hpp"
#include "sonde/transport/linux/bpf.hpp"
#include "sonde/transport/open.hpp"
#include "sonde/wire/icmpv4.hpp"

namespace {

using namespace sonde;

constexpr std::size_t kBatch = 64;
constexpr std::uint32_t kFirstHost = 0x7f000001;
constexpr std::uint32_t kHosts = 65534;
constexpr std::size_t kPayload = 56;
constexpr net::IcmpIdent kIdent{1};
constexpr std::size_t kControl = 320;
constexpr double kWanted = 0.9;
constexpr int kSkipped = 77;

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

[[noreturn]] void give_up(const char* what) {
  std::perror(what);
  std::exit(1);
}

// What nobody can beat: prepared packets, no bookkeeping, no look at what comes back.
class BareLoop {
 public:
  BareLoop() : fd_(::socket(AF_INET, SOCK_RAW | SOCK_NONBLOCK, IPPROTO_ICMP)) {
    auto filter = transport::echo_filter(net::Family::v4, kIdent);
    const sock_fprog program{.len = static_cast<unsigned short>(filter.size()),
                             .filter = filter.data()};
    set(SOL_RAW, ICMP_FILTER, icmp_filter{.data = ~(1U << ICMP_ECHOREPLY)});
    set(SOL_SOCKET, SO_ATTACH_FILTER, program);
    set(IPPROTO_IP, IP_MTU_DISCOVER, int{IP_PMTUDISC_DONT});
    set(SOL_SOCKET, SO_TIMESTAMPING, int{SOF_TIMESTAMPING_RX_SOFTWARE | SOF_TIMESTAMPING_SOFTWARE});
    Writer out(packet_);
    const std::array<std::byte, kPayload> payload{};
    wire::encode_icmpv4_echo_request(kIdent, net::IcmpSeq(1), payload, out);
    for (std::size_t i = 0; i < kBatch; ++i) {
      names_[i].sin_family = AF_INET;
      out_vectors_[i] = {.iov_base = packet_.data(), .iov_len = packet_.size()};
      out_[i].msg_hdr.msg_name = &names_[i];
      out_[i].msg_hdr.msg_namelen = sizeof names_[i];
      out_[i].msg_hdr.msg_iov = &out_vectors_[i];
      out_[i].msg_hdr.msg_iovlen = 1;
      in_vectors_[i] = {.iov_base = buffers_[i].data(), .iov_len = buffers_[i].size()};
      in_[i].msg_hdr.msg_iov = &in_vectors_[i];
      in_[i].msg_hdr.msg_iovlen = 1;
      in_[i].msg_hdr.msg_control = controls_[i].data();
    }
  }
  ~BareLoop() { ::close(fd_); }
  BareLoop(const BareLoop&) = delete;
  BareLoop& operator=(const BareLoop&) = delete;

  double round() {
    const auto start = std::chrono::steady_clock::now();
    for (std::uint32_t host = 0; host < kHosts; host += kBatch) {
      exchange(host, std::min<std::uint32_t>(kBatch, kHosts - host));
    }
    return kHosts / seconds_since(start);
  }

 private:
  template <typename Value>
  void set(int level, int name, const Value& value) {
    if (::setsockopt(fd_, level, name, &value, sizeof value) != 0) {
      give_up("raw socket");
    }
  }
  void exchange(std::uint32_t first, std::uint32_t count) {
    for (std::uint32_t i = 0; i < count; ++i) {
      names_[i].sin_addr.s_addr = htonl(kFirstHost + first + i);
    }
    for (std::uint32_t sent = 0; sent < count;) {
      const int n = ::sendmmsg(fd_, out_.data() + sent, count - sent, 0);
      if (n < 0) {
        give_up("sendmmsg");
      }
      sent += static_cast<std::uint32_t>(n);
    }
    for (std::uint32_t got = 0; got < count;) {
      for (mmsghdr& header : in_) {
        header.msg_hdr.msg_controllen = kControl;
      }
      const int n = ::recvmmsg(fd_, in_.data(), kBatch, MSG_DONTWAIT, nullptr);
      if (n > 0) {
        got += static_cast<std::uint32_t>(n);
      } else {
        pollfd waiting{.fd = fd_, .events = POLLIN, .revents = 0};
        (void)::poll(&waiting, 1, 1000);
      }
    }
  }

  int fd_;
  std::array<std::byte, kPayload + wire::kIcmpHeader> packet_{};
  std::array<sockaddr_in, kBatch> names_{};
  std::array<iovec, kBatch> out_vectors_{};
  std::array<iovec, kBatch> in_vectors_{};
  std::array<mmsghdr, kBatch> out_{};
  std::array<mmsghdr, kBatch> in_{};
  std::array<std::array<std::byte, 2048>, kBatch> buffers_{};
  std::array<std::array<std::byte, kControl>, kBatch> controls_{};
};

class TransportLoop {
 public:
  TransportLoop() {
    transport::OpenOptions options;
    options.backend = transport::Backend::raw;
    options.v6 = false;
    options.transmit_stamps = false;
    auto opened = transport::open_icmp(options, clock_, rng_);
    if (!opened) {
      std::printf("[skipped] %s\n", opened.error().message().c_str());
      std::exit(kSkipped);
    }
    transport_ = std::move(opened->transport);
  }

  double round() {
    ++sequence_;
    const auto start = std::chrono::steady_clock::now();
    for (std::uint32_t host = 0; host < kHosts; host += kBatch) {
      exchange(host, std::min<std::uint32_t>(kBatch, kHosts - host));
    }
    return kHosts / seconds_since(start);
  }

 private:
  void exchange(std::uint32_t first, std::uint32_t count) {
    for (std::uint32_t i = 0; i < count; ++i) {
      specs_[i].id = {.target = first + i, .sequence = sequence_};
      specs_[i].destination = net::Address::v4(kFirstHost + first + i);
      specs_[i].payload = payload_;
    }
    transport_->send(std::span(specs_).first(count), reports_);
    for (std::uint32_t got = 0; got < count;) {
      const std::size_t n = transport_->receive(seen_);
      got += static_cast<std::uint32_t>(n);
      if (n == 0) {
        transport_->wait(clock_.now() + 1s);
      }
    }
  }

  SystemClock clock_;
  SystemRng rng_;
  std::unique_ptr<transport::Transport> transport_;
  std::uint64_t sequence_ = 0;
  std::array<std::byte, kPayload> payload_{};
  std::array<probe::ProbeSpec, kBatch> specs_{};
  std::array<probe::SendReport, kBatch> reports_{};
  std::array<probe::Observation, kBatch> seen_{};
};

// One loop at a time: a second raw socket would get a copy of every reply. The first round warms
// caches and grows tables.
template <typename Loop>
double warm_rate() {
  Loop loop;
  (void)loop.round();
  return loop.round();
}

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

}  // namespace

int main(int argc, char** argv) {
  bool check = false;
  int rounds = 7;
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    check = check || word == "--check";
    if (word == "--rounds" && i + 1 < argc) {
      rounds = std::max(1, std::atoi(argv[i + 1]));
    }
  }
  std::vector<double> bare;
  std::vector<double> ours;
  std::vector<double> ratios;
  for (int i = 0; i < rounds; ++i) {
    bare.push_back(warm_rate<BareLoop>());
    ours.push_back(warm_rate<TransportLoop>());
    ratios.push_back(ours.back() / bare.back());
  }
  const double ratio = median(ratios);
  std::printf("bare loop  %8.0f probes/s\ntransport  %8.0f probes/s\nratio      %8.3f\n",
              median(bare), median(ours), ratio);
  return check && ratio < kWanted ? 1 : 0;
}
