// The part of matcher.hpp that is about UDP probes, and about what happened to a probe on its way.
#include <algorithm>

#include "sonde/transport/matcher.hpp"
#include "sonde/wire/checksum.hpp"

namespace sonde::transport {
namespace {

using probe::Reject;
using probe::SentProbe;

// What stands in the checksum field as long as nobody has computed it: the sum of the pseudo
// header. The kernel leaves the rest to network cards, and virtual ones never do it.
std::uint16_t unfinished_checksum(const SentProbe& sent, const wire::QuotedDatagram& quoted) {
  wire::ChecksumSum sum;
  sum.add_pseudo_header(quoted.source, quoted.destination, net::kUdp,
                        static_cast<std::uint32_t>(kUdpHeader + sent.payload.size()));
  return static_cast<std::uint16_t>(~sum.value());
}

}  // namespace

std::expected<Match, Reject> Matcher::udp_error(const wire::QuotedDatagram& quoted) const {
  if (quoted.protocol != net::kUdp || quoted.source_port.value != ident_.value) {
    return std::unexpected(Reject::quote);
  }
  const auto key = shape_->key_of(quoted);
  const SentProbe* const named = key ? sends_->find(quoted.destination, *key) : nullptr;
  if (named != nullptr) {
    const Evidence evidence = evidence_of_quote(*named, quoted.payload);
    if (evidence != Evidence::contradicted) {
      return Match{.id = named->id, .sent = named, .verified = evidence == Evidence::proven};
    }
  }
  // A checksum that was rewritten names no probe, or another one; the token is not deceived.
  if (const SentProbe* const sent = by_token(quoted.destination, quoted.payload)) {
    return Match{.id = sent->id, .sent = sent};
  }
  return std::unexpected(named != nullptr ? Reject::token : Reject::quote);
}

std::expected<Match, Reject> Matcher::datagram(const Datagram& datagram) const {
  std::expected<Match, Reject> match;
  const SentProbe* const echoed = by_token(datagram.source, datagram.payload);
  if (echoed != nullptr && admits(*echoed, datagram.payload, *match)) {
    return match;
  }
  if (shape_->key() == ProbeShape::Key::udp_port) {
    const SentProbe* const named = sends_->find(datagram.source, net::IcmpSeq(datagram.port.value));
    if (named != nullptr) {
      sends_->answered(*named);
      return Match{.id = named->id, .sent = named, .verified = false};
    }
  }
  const std::uint64_t count = sends_->count();
  const SentProbe* const newest = count == 0 ? nullptr : sends_->by_number(count - 1);
  const bool asked = newest != nullptr && newest->destination.same_host(datagram.source);
  return std::unexpected(asked ? Reject::token : Reject::source);
}

const SentProbe* Matcher::by_token(const net::Address& destination, Bytes payload) const {
  if (const auto id = sealer_->open(destination, ident_, payload)) {
    const SentProbe* const sent = sends_->find(destination, shape_->key_of(*id));
    return sent != nullptr && sent->id == *id ? sent : nullptr;
  }
  return newest_to(destination, [&](const SentProbe& sent) {
    return evidence_of_quote(sent, payload) == Evidence::proven;
  });
}

template <typename Fits>
const SentProbe* Matcher::newest_to(const net::Address& destination, Fits fits) const {
  constexpr std::uint64_t kMost = 1024;  // a trace has no more in flight
  const std::uint64_t count = sends_->count();
  for (std::uint64_t back = 1; back <= std::min(count, kMost); ++back) {
    const SentProbe* const sent = sends_->by_number(count - back);
    if (sent != nullptr && sent->destination.same_host(destination) && fits(*sent)) {
      return sent;
    }
  }
  return nullptr;
}

bool Matcher::untold(const Datagram& datagram) const {
  const auto any = [](const SentProbe&) { return true; };
  return is_udp() && shape_->is_constant() && datagram.port == shape_->port_of({}, 0) &&
         newest_to(datagram.source, any) != nullptr;
}

bool Matcher::untold(const net::Address& destination, net::Port port, Bytes quoted) const {
  const auto ends_before = [&](const SentProbe& sent) {
    return evidence_of_quote(sent, quoted) == Evidence::absent;
  };
  return is_udp() && shape_->key() == ProbeShape::Key::nothing && port == shape_->port_of({}, 0) &&
         newest_to(destination, ends_before) != nullptr;
}

bool Matcher::rewritten(const SentProbe& sent, const wire::QuotedDatagram& quoted) const noexcept {
  if (shape_ == nullptr) {
    return false;
  }
  const auto own = sources_->of(sent.destination);
  if (own && !own->same_host(quoted.source)) {
    return true;
  }
  // 0: not computed, or wiped by the router that quotes.
  const bool unknown = sent.checksum == 0 || quoted.transport_checksum == 0;
  return !unknown && quoted.transport_checksum != sent.checksum &&
         !(is_udp() && quoted.transport_checksum == unfinished_checksum(sent, quoted));
}

}  // namespace sonde::transport
