// tun_spoofer.cpp: the target of a ping behind a TUN device, and somebody who writes packets in its
// name; for tests/netns/spoofed.py, held.py and strangers.py.
// netns_tun_spoofer DEVICE sweep PROBES
//   Answers nothing. When it has seen PROBES echo requests: replies with every identifier, 0 to
//   65535, and every sequence from 1 to PROBES, as like to honest ones as can be guessed without
//   knowing the key: then "swept N", N = 65536 * PROBES.
// netns_tun_spoofer DEVICE errors PROBES
//   The same with two errors each: one quotes 8 bytes behind the IP header, one zeros behind them.
//   Their checksum is a guess that always misses: one in 65,536 would not. N = 131072 * PROBES.
// The others write RATE packets a second from the first request on, for ever:
// netns_tun_spoofer DEVICE strangers RATE
//   Beside honest answers, packets that are of no concern to who pings: replies with all other
//   identifiers, of other types, errors about others' packets.
// netns_tun_spoofer DEVICE forgers RATE
//   No answers, but replies with the newest request's identifier and sequence and a wrong token.
// netns_tun_spoofer DEVICE repeaters RATE
//   The answer to the newest request, again and again.
// netns_tun_spoofer DEVICE complainers RATE
//   Honest answers, and errors that quote requests with the same identifier that were never sent.
// netns_tun_spoofer DEVICE stretchers RATE
//   The answer to the newest request, with 2,000 bytes more behind it.
// Makes the device in the namespace it is started in, prints "ready" and serves until standard
// input is closed, then "requests N written N". Exit code: 0, 77 without a TUN device, 1 else.
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "sonde/base/system_clock.hpp"
#include "sonde/wire/checksum.hpp"
#include "sonde/wire/icmpv4.hpp"
#include "sonde/wire/icmpv6.hpp"
#include "tests/support/packet_bytes.hpp"
#include "tests/support/sim_packet.hpp"
#include "tests/support/tun_device.hpp"

namespace {

using namespace sonde;
using test::EchoPacket;
using test::PacketBytes;

constexpr int kSkipped = 77;
constexpr std::size_t kLargestPacket = 65536;
constexpr std::uint32_t kIdents = 65536;
constexpr std::uint8_t kTimestampReply = 14;         // RFC 792
constexpr std::uint8_t kNodeInformationReply = 140;  // RFC 4620
constexpr std::size_t kTokenWords = 4;               // of 16 bits: the tag

constexpr std::size_t kChecksumAt = 2;

// An ICMP packet whose 16-bit words are changed in place, checksum and all (RFC 1624).
class Forgery {
 public:
  explicit Forgery(PacketBytes packet)
      : packet_(std::move(packet)), icmp_(test::icmp_offset(packet_)) {}

  void put(std::size_t at, std::uint16_t value) {
    const std::uint16_t sum = wire::checksum_update(word(kChecksumAt), word(at), value);
    Writer(MutableBytes(packet_).subspan(icmp_ + at)).u16(value);
    Writer(MutableBytes(packet_).subspan(icmp_ + kChecksumAt)).u16(sum);
  }
  [[nodiscard]] Bytes bytes() const { return packet_; }
  [[nodiscard]] std::uint16_t word(std::size_t at) const {
    return Reader(Bytes(packet_).subspan(icmp_ + at)).u16();
  }

 private:
  PacketBytes packet_;
  std::size_t icmp_;
};

constexpr std::size_t kIdentAt = 4;
constexpr std::size_t kSequenceAt = 6;
constexpr std::size_t kPayloadAt = 8;

enum class Mode : std::uint8_t {
  sweep,
  errors,
  strangers,
  forgers,
  repeaters,
  complainers,
  stretchers
};

class Spoofer {
 public:
  // `number`: of probes, or packets a second.
  Spoofer(const test::TunDevice& tun, Mode mode, std::uint64_t number)
      : tun_(tun), mode_(mode), number_(number) {}

  void serve() {
    while (wait()) {
      while (const auto request = next_request()) {
        ++requests_;
        if (mode_ == Mode::sweep || mode_ == Mode::errors) {
          checksums_.push_back(Forgery(encode(*request)).word(kChecksumAt));
          if (requests_ == number_) {
            mode_ == Mode::sweep ? sweep(*request) : sweep_errors(*request);
          }
          continue;
        }
        if (mode_ == Mode::strangers || mode_ == Mode::complainers || mode_ == Mode::repeaters) {
          (void)tun_.write(encode(test::reply_to(*request)));
        }
        prepare(*request);
      }
      write_on_time();
    }
  }
  void tell() const {
    std::printf("requests %llu written %llu\n", static_cast<unsigned long long>(requests_),
                static_cast<unsigned long long>(written_));
  }

 private:
  [[nodiscard]] std::optional<EchoPacket> next_request() {
    for (Bytes packet = tun_.read(buffer_); !packet.empty(); packet = tun_.read(buffer_)) {
      auto echo = test::parse_echo(packet);
      if (echo && echo->icmp.type == test::echo_request_of(echo->ip.source.family()).type) {
        return *std::move(echo);
      }
    }
    return std::nullopt;
  }

  // Target and sequence are what they are in the probe; the tag is a guess, another one each time.
  void sweep(const EchoPacket& newest) {
    Forgery forgery(encode(test::reply_to(newest)));
    SeededRng rng(1);
    std::uint64_t swept = 0;
    for (std::uint32_t ident = 0; ident < kIdents; ++ident) {
      forgery.put(kIdentAt, static_cast<std::uint16_t>(ident));
      for (std::uint64_t sequence = 1; sequence <= number_; ++sequence) {
        constexpr std::size_t kPlaintextAt = kPayloadAt + 2 * kTokenWords;
        constexpr std::size_t kLowWord = kPlaintextAt + 6;
        forgery.put(kSequenceAt, static_cast<std::uint16_t>(sequence));
        forgery.put(kLowWord, static_cast<std::uint16_t>(sequence));
        const std::uint64_t guess = rng.next();
        for (std::size_t i = 0; i < kTokenWords; ++i) {
          constexpr unsigned kWordBits = 16;
          forgery.put(kPayloadAt + 2 * i, static_cast<std::uint16_t>(guess >> (kWordBits * i)));
        }
        swept += tun_.write(forgery.bytes()) ? 1 : 0;
      }
    }
    told_swept(swept);
  }

  void sweep_errors(const EchoPacket& newest) {
    test::ErrorPacket error = error_about(newest, test::reply_to(newest));
    const std::size_t quoted = wire::kIcmpHeader + test::icmp_offset(error.quoted);
    std::ranges::fill(std::span(error.quoted).subspan(quoted), std::byte{0});
    Forgery padded(encode(error));
    error.quoted.resize(quoted);  // its IP header, and as much as the error's own header is long
    Forgery cut(encode(error));
    SeededRng rng(1);
    std::uint64_t swept = 0;
    // Those that meet our identifier are not to fill the socket's buffer all at once.
    for (std::uint64_t sequence = 1; sequence <= number_; ++sequence) {
      for (std::uint32_t ident = 0; ident < kIdents; ++ident) {
        for (Forgery* const forgery : {&cut, &padded}) {
          const auto other = static_cast<std::uint16_t>(1 + rng.below(UINT16_MAX));
          forgery->put(quoted + kChecksumAt,
                       static_cast<std::uint16_t>(checksums_[sequence - 1] ^ other));
          forgery->put(quoted + kIdentAt, static_cast<std::uint16_t>(ident));
          forgery->put(quoted + kSequenceAt, static_cast<std::uint16_t>(sequence));
          swept += tun_.write(forgery->bytes()) ? 1 : 0;
        }
      }
    }
    told_swept(swept);
  }

  void told_swept(std::uint64_t swept) {
    written_ += swept;
    std::printf("swept %llu\n", static_cast<unsigned long long>(swept));
    std::fflush(stdout);
  }

  // What to write from now on.
  void prepare(const EchoPacket& request) {
    if (!began_) {
      began_ = clock_.now();
      ident_ = request.ident.value;
    } else if (mode_ == Mode::strangers) {
      return;
    }
    packets_.clear();
    EchoPacket reply = test::reply_to(request);
    if (mode_ == Mode::forgers && !reply.payload.empty()) {
      reply.payload.front() ^= std::byte{1};
    }
    if (mode_ == Mode::stretchers) {
      constexpr std::size_t kMore = 2000;
      reply.payload.resize(reply.payload.size() + kMore, std::byte{1});
    }
    if (mode_ == Mode::complainers) {
      constexpr std::uint16_t kFarAway = 1000;
      EchoPacket never = request;
      never.seq.value = static_cast<std::uint16_t>(never.seq.value + kFarAway);
      packets_.emplace_back(encode(error_about(never, reply)));
      return;
    }
    packets_.emplace_back(encode(reply));
    if (mode_ == Mode::strangers) {
      add_other_kinds(request);
    }
  }

  // From where `reply` comes from.
  static test::ErrorPacket error_about(const EchoPacket& request, const EchoPacket& reply) {
    return {.ip = reply.ip,
            .icmp = {.type = reply.ip.source.is_v4() ? wire::icmpv4::kDestinationUnreachable
                                                     : wire::icmpv6::kDestinationUnreachable,
                     .code = 1},
            .quoted = encode(request)};
  }

  // A reply of another type and an error, neither a concern of who sent this request.
  void add_other_kinds(const EchoPacket& request) {
    const bool v4 = request.ip.source.is_v4();
    EchoPacket other_type = test::reply_to(request);
    other_type.icmp = {.type = v4 ? kTimestampReply : kNodeInformationReply};
    EchoPacket foreign = request;
    foreign.ident.value = static_cast<std::uint16_t>(request.ident.value + 1);
    packets_.emplace_back(encode(other_type));
    packets_.emplace_back(encode(error_about(foreign, other_type)));
  }

  void write_on_time() {
    if (!began_) {
      return;
    }
    const Duration elapsed = clock_.now() - *began_;
    auto due = static_cast<std::uint64_t>(elapsed / 1us) * number_ / 1'000'000;
    // Complaints are to push each other out of a buffer; the others are not more than one holds,
    // after a pause. Requests are read in between.
    constexpr std::uint64_t kMostAtOnce = 128;
    constexpr std::uint64_t kMostComplaints = 512;
    const bool complains = mode_ == Mode::complainers;
    const std::uint64_t most = written_ + (complains ? kMostComplaints : kMostAtOnce);
    behind_ = complains && due > most;
    due = std::min(due, most);
    for (; written_ < due; ++written_) {
      Forgery& packet = packets_[written_ % packets_.size()];
      if (mode_ == Mode::strangers && written_ % packets_.size() == 0) {
        const auto ident = static_cast<std::uint16_t>(written_ / packets_.size());
        packet.put(kIdentAt, ident == ident_ ? static_cast<std::uint16_t>(ident + 1) : ident);
      }
      (void)tun_.write(packet.bytes());
    }
  }

  // False: standard input is closed. With something to write, for a millisecond, or not at all.
  [[nodiscard]] bool wait() const {
    std::array<pollfd, 2> fds{{{.fd = tun_.fd(), .events = POLLIN, .revents = 0},
                               {.fd = STDIN_FILENO, .events = POLLIN, .revents = 0}}};
    const int milliseconds = behind_ ? 0 : 1;
    (void)::poll(fds.data(), fds.size(), began_ ? milliseconds : -1);
    return (fds[1].revents & (POLLIN | POLLHUP)) == 0;
  }

  const test::TunDevice& tun_;
  Mode mode_;
  std::uint64_t number_;
  SystemClock clock_;
  std::vector<std::byte> buffer_ = std::vector<std::byte>(kLargestPacket);
  std::vector<std::uint16_t> checksums_;  // sweeps: of the requests so far
  std::vector<Forgery> packets_;
  std::optional<Instant> began_;
  std::uint16_t ident_ = 0;
  std::uint64_t requests_ = 0;
  std::uint64_t written_ = 0;
  bool behind_ = false;
};

}  // namespace

int main(int argc, char** argv) {
  constexpr int kArguments = 4;
  constexpr std::array<std::string_view, 7> kModes{
      "sweep", "errors", "strangers", "forgers", "repeaters", "complainers", "stretchers"};
  const std::string_view word = argc == kArguments ? argv[2] : "";
  const auto mode = static_cast<std::size_t>(std::ranges::find(kModes, word) - kModes.begin());
  if (mode == kModes.size()) {
    std::fprintf(stderr, "usage: netns_tun_spoofer DEVICE MODE NUMBER\n");
    return 1;
  }
  const test::TunDevice tun(argv[1]);
  if (tun.fd() < 0) {
    std::printf("[skipped] no TUN device: %s\n", std::strerror(errno));
    return kSkipped;
  }
  Spoofer spoofer(tun, static_cast<Mode>(mode), std::strtoull(argv[3], nullptr, 10));
  std::printf("ready\n");
  std::fflush(stdout);
  spoofer.serve();
  spoofer.tell();
  return 0;
}
