#include "sonde/transport/matcher.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include "sonde/wire/checksum.hpp"
#include "sonde/wire/icmpv4.hpp"
#include "sonde/wire/icmpv6.hpp"

namespace sonde::transport {
namespace {

using probe::Reject;
using probe::SentProbe;
using probe::TokenSealer;

net::IcmpSeq wire_sequence(const probe::ProbeId& id) noexcept {
  return net::IcmpSeq(static_cast<std::uint16_t>(id.sequence));
}

// How many bytes at the start of a probe's payload are token, not template.
std::size_t token_size(const SentProbe& sent) noexcept {
  const std::size_t size = sent.payload.size();
  if (!sent.authenticated || size < TokenSealer::kShortTag) {
    return 0;
  }
  if (size < TokenSealer::kTag) {
    return TokenSealer::kShortTag;
  }
  return size < TokenSealer::kFull ? TokenSealer::kTag : TokenSealer::kFull;
}

// The tag without the identity behind it: what any proof must have at least.
std::size_t tag_size(const SentProbe& sent) noexcept {
  return std::min(token_size(sent), TokenSealer::kTag);
}

std::optional<probe::Corruption> first_difference(const SentProbe& sent, Bytes payload) noexcept {
  const std::size_t common = std::min(sent.payload.size(), payload.size());
  const std::size_t ours = token_size(sent) + (sent.balanced ? kBalance : 0);
  const std::size_t skip = std::min(ours, common);
  const bool same = common == skip || std::memcmp(sent.payload.data() + skip, payload.data() + skip,
                                                  common - skip) == 0;
  if (same) {
    if (payload.size() <= sent.payload.size()) {
      return std::nullopt;
    }
    // More came back than went out.
    return probe::Corruption{.offset = static_cast<std::uint32_t>(common),
                             .expected = std::nullopt,
                             .actual = std::to_integer<std::uint8_t>(payload[common])};
  }
  std::size_t at = skip;
  while (sent.payload[at] == payload[at]) {
    ++at;
  }
  return probe::Corruption{.offset = static_cast<std::uint32_t>(at),
                           .expected = std::to_integer<std::uint8_t>(sent.payload[at]),
                           .actual = std::to_integer<std::uint8_t>(payload[at])};
}

void fill_reply(Match& match, const SentProbe& sent, Bytes payload, bool verified) noexcept {
  match.id.target = sent.id.target;
  match.id.sequence = sent.id.sequence;
  match.sent = &sent;
  match.verified = verified;
  match.corruption = first_difference(sent, payload);
  match.truncated = !match.corruption && payload.size() < sent.payload.size();
}

bool is_echo_request(const wire::QuotedDatagram& quoted) noexcept {
  if (!quoted.icmp) {
    return false;
  }
  return quoted.destination.is_v4()
             ? quoted.protocol == net::kIcmp && quoted.icmp->type == wire::icmpv4::kEchoRequest
             : quoted.protocol == net::kIcmpV6 && quoted.icmp->type == wire::icmpv6::kEchoRequest;
}

Bytes without_trailing_zeros(Bytes data) noexcept {
  while (!data.empty() && data.back() == std::byte{0}) {
    data = data.first(data.size() - 1);
  }
  return data;
}

}  // namespace

bool Matcher::admits(const SentProbe& sent, Bytes payload, Match& match) const noexcept {
  const Evidence evidence = evidence_of_reply(sent, payload);
  if (evidence == Evidence::contradicted) {
    return false;
  }
  fill_reply(match, sent, payload, evidence == Evidence::proven);
  sends_->answered(sent);
  return true;
}

std::expected<Match, Reject> Matcher::reply(const wire::IcmpMessage& echo,
                                            const net::Address& responder) const {
  std::expected<Match, Reject> match;  // the only one returned: never copied
  if (echo.ident != ident_ || is_udp()) {
    match = std::unexpected(Reject::stranger);
    return match;
  }
  const SentProbe* const direct = sends_->find(responder, echo.seq);
  if (direct != nullptr && admits(*direct, echo.body, *match)) {
    return match;
  }
  const SentProbe* const group = sends_->find_group(echo.seq);
  if (group != nullptr && admits(*group, echo.body, *match)) {
    return match;
  }
  if (const auto old = forgotten(responder, echo.seq, echo.body)) {
    match = *old;
  } else if (direct != nullptr) {
    match = std::unexpected(Reject::token);
  } else {
    match = reply_from_elsewhere(echo);
  }
  return match;
}

std::expected<Match, Reject> Matcher::reply_to(const SentProbe& sent, Bytes payload) const {
  std::expected<Match, Reject> match;
  if (!admits(sent, payload, *match)) {
    match = std::unexpected(Reject::token);
  }
  return match;
}

std::expected<Match, Reject> Matcher::error(const wire::QuotedDatagram& quoted) const {
  return is_udp() ? udp_error(quoted) : echo_error(quoted);
}

std::expected<Match, Reject> Matcher::echo_error(const wire::QuotedDatagram& quoted) const {
  if (!is_echo_request(quoted) || quoted.ident != ident_) {
    return std::unexpected(Reject::quote);
  }
  const SentProbe* const sent = sends_->find(quoted.destination, quoted.seq);
  if (sent != nullptr) {
    const Evidence evidence = evidence_of_quote(*sent, quoted.payload);
    const bool believed =
        evidence == Evidence::absent
            ? shape_ != nullptr || token_size(*sent) == 0 || checksum_fits(*sent, quoted)
            : evidence == Evidence::proven;
    if (believed) {
      return Match{.id = sent->id, .sent = sent, .verified = evidence == Evidence::proven};
    }
  }
  if (const auto match = forgotten(quoted.destination, quoted.seq, quoted.payload)) {
    return *match;
  }
  if (sent != nullptr) {
    return std::unexpected(Reject::token);
  }
  // Source routes and address translation put another destination into the quote: a token that
  // fits all the same is proof enough.
  const SentProbe* const other = search(quoted.seq, [&](const SentProbe& candidate) {
    return evidence_of_quote(candidate, quoted.payload) == Evidence::proven;
  });
  return other != nullptr ? std::expected<Match, Reject>(Match{.id = other->id, .sent = other})
                          : std::unexpected(Reject::quote);
}

bool Matcher::token_fits(const SentProbe& sent, Bytes payload) const noexcept {
  if (sent.tag != 0) {
    return TokenSealer::carries(sent.tag, sent.id,
                                payload.first(std::min(payload.size(), token_size(sent))));
  }
  // With the identity there, it must be the identity that was sent.
  if (token_size(sent) == TokenSealer::kFull && payload.size() >= TokenSealer::kFull) {
    return sealer_->open(sent.destination, ident_, payload) == sent.id;
  }
  return sealer_->check(sent.id, sent.destination, ident_, payload.first(tag_size(sent))) ==
         TokenSealer::Check::match;
}

Matcher::Evidence Matcher::evidence_of_reply(const SentProbe& sent, Bytes payload) const noexcept {
  if (token_size(sent) == 0) {
    return Evidence::absent;
  }
  // RFC 792: the data received in the echo must be returned. Nobody returns less than the tag by
  // accident, so a reply without one proves nothing.
  const bool fits = payload.size() >= tag_size(sent) && token_fits(sent, payload);
  return fits ? Evidence::proven : Evidence::contradicted;
}

Matcher::Evidence Matcher::evidence_of_quote(const SentProbe& sent, Bytes payload) const noexcept {
  if (token_size(sent) == 0 || payload.size() < TokenSealer::kShortTag) {
    return Evidence::absent;
  }
  if (payload.size() >= tag_size(sent) && token_fits(sent, payload)) {
    return Evidence::proven;
  }
  // RFC 4884 section 3 pads the quote with zeros: what stands before them is all that was quoted.
  const Bytes quoted = without_trailing_zeros(payload);
  if (quoted.size() < TokenSealer::kShortTag) {
    return Evidence::absent;
  }
  const bool cut = quoted.size() < token_size(sent);
  const std::size_t usable =
      quoted.size() < TokenSealer::kTag ? TokenSealer::kShortTag : TokenSealer::kTag;
  const bool fits = cut && sealer_->check(sent.id, sent.destination, ident_,
                                          quoted.first(usable)) == TokenSealer::Check::match;
  return fits ? Evidence::proven : Evidence::contradicted;
}

bool Matcher::checksum_fits(const SentProbe& sent,
                            const wire::QuotedDatagram& quoted) const noexcept {
  std::array<std::byte, wire::kIcmpHeader + TokenSealer::kFull> start{};
  const std::size_t token = token_size(sent);
  Writer out(start);
  wire::ChecksumSum sum;
  if (sent.destination.is_v4()) {
    wire::encode_icmpv4_echo_header(ident_, sent.seq, out);
  } else {
    if (quoted.source.is_v4()) {
      return false;  // unknown, and the pseudo header covers it
    }
    wire::encode_icmpv6_echo_request(ident_, sent.seq, {}, out);
    sum.add_pseudo_header(quoted.source, sent.destination, net::kIcmpV6,
                          static_cast<std::uint32_t>(wire::kIcmpHeader + sent.payload.size()));
  }
  (void)sealer_->write(sent.id, sent.destination, ident_, out.reserve(token));
  sum.add(out.written());
  sum.add(sent.payload.subspan(token));
  return sum.value() == quoted.transport_checksum;
}

// A probe older than the newest one with its 16 bits of sequence, or than what is remembered.
std::optional<Match> Matcher::forgotten(const net::Address& destination, net::IcmpSeq seq,
                                        Bytes payload) const noexcept {
  const auto id = sealer_->open(destination, ident_, payload);
  if (!id || wire_sequence(*id) != seq) {
    return std::nullopt;
  }
  return Match{.id = *id};
}

template <typename Fits>
const SentProbe* Matcher::search(net::IcmpSeq seq, Fits fits) const noexcept {
  const std::uint64_t count = sends_->count();
  for (std::uint64_t back = 1; back <= std::min(count, kSearched); ++back) {
    const SentProbe* const sent = sends_->by_number(count - back);
    if (sent != nullptr && sent->seq == seq && fits(*sent)) {
      return sent;
    }
  }
  return nullptr;
}

std::expected<Match, Reject> Matcher::reply_from_elsewhere(
    const wire::IcmpMessage& echo) const noexcept {
  Match match;
  const SentProbe* const sent = search(
      echo.seq, [&](const SentProbe& candidate) { return admits(candidate, echo.body, match); });
  if (sent == nullptr) {
    return std::unexpected(Reject::stranger);
  }
  // The caller of an unauthenticated probe who allows any source has no better proof to ask for.
  if (source_rule_ == SourceRule::any && (match.verified || !sent->authenticated)) {
    return match;
  }
  return std::unexpected(Reject::source);
}

}  // namespace sonde::transport
