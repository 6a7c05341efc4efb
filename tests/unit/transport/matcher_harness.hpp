// matcher_harness.hpp: a matcher with sends to answer, and honest answers to spoil.
#pragma once

#include <algorithm>
#include <memory>
#include <vector>

#include "sonde/base/random.hpp"
#include "sonde/transport/matcher.hpp"
#include "sonde/wire/icmpv4.hpp"
#include "sonde/wire/icmpv6.hpp"

namespace sonde::transport::test {

inline constexpr net::IcmpIdent kIdent{0x1234};
inline constexpr Instant kStart{100s};
inline const net::Address kOwn6 = *net::Address::parse("2001:db8::99");

// Payloads stay where they are while the harness grows.
class Harness {
 public:
  explicit Harness(SourceRule rule = SourceRule::must_match) : rule_(rule) {}

  // Sends a probe; the payload as it went out, token included.
  std::vector<std::byte> send(const net::Address& to, std::uint64_t sequence, std::size_t size = 56,
                              bool authenticate = true) {
    templates_.push_back(std::make_unique<std::vector<std::byte>>(size));
    std::vector<std::byte>& text = *templates_.back();
    for (std::size_t i = 0; i < size; ++i) {
      text[i] = static_cast<std::byte>(i + 1);
    }
    const probe::ProbeId id{.target = target_, .sequence = sequence};
    sends_.add({.id = id,
                .destination = to,
                .seq = net::IcmpSeq(static_cast<std::uint16_t>(sequence)),
                .authenticated = authenticate,
                .payload = text,
                .at = kStart});
    std::vector<std::byte> out = text;
    if (authenticate) {
      sealer_.seal(id, to, kIdent, out);
    }
    return out;
  }
  void set_target(std::uint32_t target) { target_ = target; }

  [[nodiscard]] std::expected<Match, probe::Reject> reply(const net::Address& from,
                                                          std::uint64_t sequence, Bytes payload,
                                                          net::IcmpIdent ident = kIdent) {
    wire::IcmpMessage echo;
    echo.icmp = {.type = from.is_v4() ? wire::icmpv4::kEchoReply : wire::icmpv6::kEchoReply,
                 .code = 0};
    echo.message_class = wire::IcmpClass::echo_reply;
    echo.ident = ident;
    echo.seq = net::IcmpSeq(static_cast<std::uint16_t>(sequence));
    echo.body = payload;
    return matcher().reply(echo, from);
  }

  // `left_as`: the payload as it went out, for the checksum that the probe left with.
  [[nodiscard]] static wire::QuotedDatagram quote(const net::Address& to, std::uint64_t sequence,
                                                  Bytes payload, Bytes left_as) {
    wire::QuotedDatagram out = quote(to, sequence, payload);
    std::vector<std::byte> message(wire::kIcmpHeader + left_as.size());
    Writer bytes(message);
    if (to.is_v4()) {
      wire::encode_icmpv4_echo_request(out.ident, out.seq, left_as, bytes);
    } else {
      out.source = kOwn6;
      const wire::Ipv6Ends ends{.source = kOwn6, .destination = to};
      wire::encode_icmpv6_echo_request(out.ident, out.seq, left_as, bytes, &ends);
    }
    out.transport_checksum = Reader(Bytes(message).subspan(wire::kIcmpChecksumAt)).u16();
    return out;
  }
  [[nodiscard]] static wire::QuotedDatagram quote(const net::Address& to, std::uint64_t sequence,
                                                  Bytes payload) {
    wire::QuotedDatagram out;
    out.destination = to;
    out.protocol = to.is_v4() ? net::kIcmp : net::kIcmpV6;
    out.icmp = wire::IcmpType{
        .type = to.is_v4() ? wire::icmpv4::kEchoRequest : wire::icmpv6::kEchoRequest, .code = 0};
    out.ident = kIdent;
    out.seq = net::IcmpSeq(static_cast<std::uint16_t>(sequence));
    out.payload = payload;
    return out;
  }
  [[nodiscard]] std::expected<Match, probe::Reject> error(const wire::QuotedDatagram& q) {
    return matcher().error(q);
  }

  [[nodiscard]] Matcher matcher() { return {sealer_, sends_, kIdent, rule_}; }
  [[nodiscard]] probe::RecentSends& sends() { return sends_; }
  [[nodiscard]] probe::TokenSealer& sealer() { return sealer_; }

 private:
  SourceRule rule_;
  SeededRng rng_{1};
  probe::TokenSealer sealer_{rng_};
  probe::RecentSends sends_;
  std::vector<std::unique_ptr<std::vector<std::byte>>> templates_;
  std::uint32_t target_ = 0;
};

}  // namespace sonde::transport::test
