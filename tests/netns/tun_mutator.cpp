// tun_mutator.cpp: a host behind a TUN device that answers each echo request honestly after a
// delay, and sends hundreds of mutated replies and errors around that answer; for
// tests/netns/mutated.py. netns_tun_mutator DEVICE MUTANTS DELAY_US SEED
//   Half of the MUTANTS of a request come before the answer: what they claim of the probe is not
//   provable, or not in favour of an answer. The other half come after it, some of them whole
//   copies.
// Makes the device in the namespace it is started in, prints "ready" and serves until standard
// input is closed, then "requests N mutants N refused N": refused are those that the kernel does
// not take for IP packets. Exit code: 0, 77 without a TUN device, 1 for anything else.
#include <poll.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <utility>
#include <vector>

#include "sonde/base/system_clock.hpp"
#include "tests/support/packet_bytes.hpp"
#include "tests/support/sim_packet.hpp"
#include "tests/support/tun_device.hpp"

namespace {

using namespace sonde;
using test::EchoPacket;
using test::ErrorPacket;
using test::PacketBytes;

constexpr int kSkipped = 77;
constexpr std::size_t kLargestPacket = 65536;
constexpr std::size_t kTag = 8;       // bytes of the payload; the proof
constexpr std::size_t kShortTag = 4;  // what of it must be there in a quote that was cut

// A few bytes of it changed.
void scatter(PacketBytes& bytes, Rng& rng) {
  constexpr std::uint64_t kMost = 6;
  for (std::uint64_t i = rng.below(kMost); i > 0 && !bytes.empty(); --i) {
    bytes[rng.below(bytes.size())] = static_cast<std::byte>(rng.next());
  }
}

void spoil_tag(PacketBytes& payload, Rng& rng) {
  constexpr std::uint64_t kBits = 8;
  if (!payload.empty()) {
    const std::size_t at = rng.below(std::min(payload.size(), kTag));
    payload[at] ^= static_cast<std::byte>(1U << rng.below(kBits));
  }
}

PacketBytes random_options(Rng& rng) {
  constexpr std::uint64_t kMostWords = 10;
  constexpr std::size_t kWord = 4;
  return test::random_bytes(rng, kWord * (1 + rng.below(kMostWords)));
}

// What one mutant is made from.
struct Case {
  const EchoPacket& request;
  const PacketBytes& request_bytes;
  Rng& rng;
  [[nodiscard]] EchoPacket forged() const {
    EchoPacket reply = test::reply_to(request);
    spoil_tag(reply.payload, rng);
    return reply;
  }
};

PacketBytes wrong_token(const Case& c) { return encode(c.forged()); }

PacketBytes wrong_checksum(const Case& c) {
  PacketBytes packet = encode(test::reply_to(c.request));
  test::spoil_checksum(packet);
  return packet;
}

PacketBytes wrong_source(const Case& c) {
  EchoPacket reply = test::reply_to(c.request);
  reply.ip.source = c.request.ip.source.is_v4()
                        ? net::Address::v4(static_cast<std::uint32_t>(c.rng.next()) | 1U << 30U)
                        : c.request.ip.source;
  return encode(reply);
}

PacketBytes wrong_numbers(const Case& c) {
  EchoPacket reply = test::reply_to(c.request);
  const auto by = static_cast<std::uint16_t>(1 + c.rng.below(0xffff));
  if (c.rng.below(2) == 0) {
    reply.ident.value = static_cast<std::uint16_t>(reply.ident.value + by);
  } else {
    reply.seq.value = static_cast<std::uint16_t>(reply.seq.value + by);
  }
  return encode(reply);
}

PacketBytes cut(const Case& c) {
  const PacketBytes packet = encode(c.forged());
  const std::size_t icmp = packet.size() - test::icmp_offset(packet);
  return test::cut_icmp(packet, c.rng.below(icmp + 1));
}

PacketBytes with_options(const Case& c) {
  EchoPacket reply = c.forged();
  if (reply.ip.source.is_v4()) {
    reply.ip.header_options = random_options(c.rng);
  }
  return encode(reply);
}

PacketBytes of_any_type(const Case& c) {
  EchoPacket reply = c.forged();
  scatter(reply.payload, c.rng);
  reply.icmp = {.type = static_cast<std::uint8_t>(c.rng.next()),
                .code = static_cast<std::uint8_t>(c.rng.next())};
  return encode(reply);
}

PacketBytes noise(const Case& c) {
  constexpr std::uint64_t kMost = 96;
  PacketBytes icmp = test::random_bytes(c.rng, 1 + c.rng.below(kMost));
  icmp[0] = std::byte{test::echo_reply_of(c.request.ip.source.family()).type};
  return test::encode_icmp({.source = c.request.ip.destination, .destination = c.request.ip.source},
                           std::move(icmp));
}

// An error about the probe, with bytes of the quote changed, cut anywhere, with garbage for
// extensions. None of it proves that the probe was seen: where the quote reaches the tag, that is
// another. Whoever believes such an error all the same must wait for the answer behind it.
PacketBytes error(const Case& c) {
  constexpr std::array<std::uint8_t, 4> kV4{3, 5, 11, 12};
  constexpr std::uint64_t kV6Types = 4;
  constexpr std::uint64_t kMostBehind = 64;
  const bool v4 = c.request.ip.source.is_v4();
  ErrorPacket error{.ip = {.source = c.request.ip.destination, .destination = c.request.ip.source},
                    .icmp = {.type = v4 ? kV4.at(c.rng.below(kV4.size()))
                                        : static_cast<std::uint8_t>(1 + c.rng.below(kV6Types)),
                             .code = static_cast<std::uint8_t>(c.rng.below(4))},
                    .info = static_cast<std::uint32_t>(c.rng.next()),
                    .quoted = c.request_bytes};
  scatter(error.quoted, c.rng);
  constexpr std::size_t kIcmpHeader = 8;
  const std::size_t tag = test::icmp_offset(c.request_bytes) + kIcmpHeader;
  error.quoted.at(tag + c.rng.below(kShortTag)) ^= std::byte{0x55};
  error.quoted.resize(c.rng.below(error.quoted.size() + 1));
  error.quoted = test::joined(error.quoted, test::random_bytes(c.rng, c.rng.below(kMostBehind)));
  return encode(error);
}

using Mutation = PacketBytes (*)(const Case&);
constexpr std::array<Mutation, 9> kUnproven{
    wrong_token,  wrong_checksum, wrong_source, wrong_numbers, cut,
    with_options, of_any_type,    noise,        error};

PacketBytes unproven(const Case& c) { return kUnproven.at(c.rng.below(kUnproven.size()))(c); }

// Anything at all, for when the probe has its answer: also the answer again, and with other bytes.
PacketBytes anything(const Case& c) {
  if (c.rng.below(2) == 0) {
    return unproven(c);
  }
  PacketBytes packet = encode(test::reply_to(c.request));
  const std::size_t icmp = test::icmp_offset(packet);
  PacketBytes message(packet.begin() + static_cast<std::ptrdiff_t>(icmp), packet.end());
  message = test::mutated(c.rng, std::move(message));
  return test::encode_icmp({.source = c.request.ip.destination, .destination = c.request.ip.source},
                           std::move(message));
}

struct Plan {
  std::uint64_t mutants = 0;  // a request
  Duration delay{};           // of the honest answer
};

class Host {
 public:
  Host(const test::TunDevice& tun, Plan plan, std::uint64_t seed)
      : tun_(tun), plan_(plan), rng_(seed) {}

  void serve() {
    while (wait()) {
      for (Bytes packet = tun_.read(buffer_); !packet.empty(); packet = tun_.read(buffer_)) {
        if (auto request = test::parse_echo(packet);
            request &&
            request->icmp.type == test::echo_request_of(request->ip.source.family()).type) {
          answer(*request, {packet.begin(), packet.end()});
        }
      }
      for (; !coming_.empty() && coming_.begin()->first <= clock_.now();
           coming_.erase(coming_.begin())) {
        refused_ += tun_.write(coming_.begin()->second) ? 0 : 1;
      }
    }
  }
  void tell() const {
    std::printf(
        "requests %llu mutants %llu refused %llu\n", static_cast<unsigned long long>(requests_),
        static_cast<unsigned long long>(mutants_), static_cast<unsigned long long>(refused_));
  }

 private:
  void answer(const EchoPacket& request, const PacketBytes& bytes) {
    const Instant now = clock_.now();
    const Case from{.request = request, .request_bytes = bytes, .rng = rng_};
    const std::uint64_t before = plan_.mutants / 2;
    for (std::uint64_t i = 0; i < plan_.mutants; ++i) {
      // Not at the moment of the answer, which the writing of others would delay.
      constexpr int kShare = 4;
      const auto share = Duration(static_cast<Duration::rep>(
          rng_.below(static_cast<std::uint64_t>(plan_.delay.count()) * (kShare - 1) / kShare)));
      coming_.emplace(now + (i < before ? Duration::zero() : plan_.delay + 1us) + share,
                      i < before ? unproven(from) : anything(from));
    }
    coming_.emplace(now + plan_.delay, encode(test::reply_to(request)));
    ++requests_;
    mutants_ += plan_.mutants;
  }

  // False: standard input is closed.
  [[nodiscard]] bool wait() const {
    std::array<pollfd, 2> fds{{{.fd = tun_.fd(), .events = POLLIN, .revents = 0},
                               {.fd = STDIN_FILENO, .events = POLLIN, .revents = 0}}};
    timespec limit{};
    if (!coming_.empty()) {
      limit.tv_nsec =
          std::clamp<Duration>(coming_.begin()->first - clock_.now(), 0ns, 500ms).count();
    }
    (void)::ppoll(fds.data(), fds.size(), coming_.empty() ? nullptr : &limit, nullptr);
    return (fds[1].revents & (POLLIN | POLLHUP)) == 0;
  }

  const test::TunDevice& tun_;
  Plan plan_;
  SeededRng rng_;
  SystemClock clock_;
  std::vector<std::byte> buffer_ = std::vector<std::byte>(kLargestPacket);
  std::multimap<Instant, PacketBytes> coming_;
  std::uint64_t requests_ = 0;
  std::uint64_t mutants_ = 0;
  std::uint64_t refused_ = 0;
};

std::uint64_t number(const char* text) { return std::strtoull(text, nullptr, 10); }

}  // namespace

int main(int argc, char** argv) {
  constexpr int kArguments = 5;
  if (argc != kArguments) {
    std::fprintf(stderr, "usage: netns_tun_mutator DEVICE MUTANTS DELAY_US SEED\n");
    return 1;
  }
  const test::TunDevice tun(argv[1]);
  if (tun.fd() < 0) {
    std::printf("[skipped] no TUN device: %s\n", std::strerror(errno));
    return kSkipped;
  }
  const auto delay = std::chrono::microseconds(static_cast<std::int64_t>(number(argv[3])));
  Host host(tun, {.mutants = number(argv[2]), .delay = delay}, number(argv[4]));
  // Where it is allowed: that the answer leaves in time is the measure of the test.
  const sched_param first{.sched_priority = 1};
  (void)::sched_setscheduler(0, SCHED_FIFO, &first);
  std::printf("ready\n");
  std::fflush(stdout);
  host.serve();
  host.tell();
  return 0;
}
