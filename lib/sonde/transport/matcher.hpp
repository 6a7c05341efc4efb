// matcher.hpp: which probe of ours a packet answers, if it is an honest answer at all.
// In:  a decoded echo reply with its sender, or the datagram quoted by an ICMP error.
// Out: the probe, how well it is proven, and where its payload differs from what was sent.
// Errors: the cause for which the packet is turned away (probe::Reject).
// An echo reply must have our identifier and the probe's sequence, come from the address that was
// asked (groups: from anywhere) and carry the probe's token (token.hpp). Without a token (payload
// under 4 bytes, or ProbeSpec::authenticate off) identifier, sequence and address decide, and
// `verified` is false. An ICMP error must quote identifier, sequence and destination; its token
// decides where the quote reaches that far. Where the router cut or zero-padded it, the quoted
// checksum must be the one that the probe left with, which covers the token: 16 bits that nobody
// knows who does not see the probe. No proof, so `verified` is false. It decides nothing in a
// trace, where routers that quote little and translators of addresses are the matter itself. A UDP
// probe has a token, and in place of the sequence a key on the wire (probe_shape.hpp): a quote must
// show one of them. A datagram from who was probed answers the probe whose token it echoes; without
// one, the probe whose port it comes from, if each has its own, unverified. With constant ports
// nobody can say which probe it answers: it is turned away (Reject::token). Source of the rules:
// RELIABILITY.md sections 3a and 5.2. Pure; amortised constant time.
#pragma once

#include <expected>
#include <optional>

#include "sonde/base/bytes.hpp"
#include "sonde/net/address.hpp"
#include "sonde/net/fields.hpp"
#include "sonde/probe/observation.hpp"
#include "sonde/probe/recent_sends.hpp"
#include "sonde/probe/token.hpp"
#include "sonde/transport/known_sources.hpp"
#include "sonde/transport/probe_shape.hpp"
#include "sonde/wire/icmp_message.hpp"
#include "sonde/wire/quoted.hpp"

namespace sonde::transport {

struct Match {
  probe::ProbeId id;
  const probe::SentProbe* sent = nullptr;  // null: no longer remembered, the token alone proves it
  bool verified = true;
  bool truncated = false;  // reply: shorter than what was sent, and the rest fits
  std::optional<probe::Corruption> corruption{};
};

enum class SourceRule : std::uint8_t {
  must_match,  // only the address that was asked may answer
  any,         // directed broadcasts: a token from any address will do
};

class Matcher {
 public:
  // How many of the newest sends are searched for a probe whose address does not fit.
  static constexpr std::uint64_t kSearched = 64;

  // `sealer` and `sends` outlive the matcher. `ident` is the one of the socket.
  Matcher(const probe::TokenSealer& sealer, probe::RecentSends& sends, net::IcmpIdent ident,
          SourceRule source_rule = SourceRule::must_match) noexcept
      : sealer_(&sealer), sends_(&sends), ident_(ident), source_rule_(source_rule) {}

  // Of a trace; both outlive the matcher.
  Matcher& of_trace(const ProbeShape& shape, const KnownSources& sources) noexcept {
    shape_ = &shape;
    sources_ = &sources;
    return *this;
  }
  [[nodiscard]] bool is_udp() const noexcept { return shape_ != nullptr && shape_->is_udp(); }
  // The identifier, or the source port.
  [[nodiscard]] net::IcmpIdent ident() const noexcept { return ident_; }

  [[nodiscard]] std::expected<Match, probe::Reject> reply(const wire::IcmpMessage& echo,
                                                          const net::Address& responder) const;
  // As reply(), for a system that says itself which probe was answered.
  [[nodiscard]] std::expected<Match, probe::Reject> reply_to(const probe::SentProbe& sent,
                                                             Bytes payload) const;
  // A datagram that came to the UDP port.
  struct Datagram {
    Bytes payload;
    net::Address source;
    net::Port port;
  };
  [[nodiscard]] std::expected<Match, probe::Reject> datagram(const Datagram& datagram) const;
  [[nodiscard]] std::expected<Match, probe::Reject> error(const wire::QuotedDatagram& quoted) const;
  // Of what datagram() turned away: it comes from the port that all probes went to.
  [[nodiscard]] bool untold(const Datagram& datagram) const;
  // Of an ICMP error about a probe to that host and port that error() turned away: all that could
  // name the probe is its payload, and the quote ends before.
  [[nodiscard]] bool untold(const net::Address& destination, net::Port port, Bytes quoted) const;
  // The quote shows another source address or checksum than the probe left with (RFC 3022). That it
  // shows none proves nothing: a NAT may put both back.
  [[nodiscard]] bool rewritten(const probe::SentProbe& sent,
                               const wire::QuotedDatagram& quoted) const noexcept;

 private:
  enum class Evidence : std::uint8_t { proven, absent, contradicted };
  [[nodiscard]] Evidence evidence_of_reply(const probe::SentProbe& sent,
                                           Bytes payload) const noexcept;
  [[nodiscard]] Evidence evidence_of_quote(const probe::SentProbe& sent,
                                           Bytes payload) const noexcept;
  // Is the quoted checksum that of the probe? False too where its IP header is not shown and
  // counts.
  [[nodiscard]] bool checksum_fits(const probe::SentProbe& sent,
                                   const wire::QuotedDatagram& quoted) const noexcept;
  // Does this reply answer this probe? Then `match` says so.
  [[nodiscard]] bool admits(const probe::SentProbe& sent, Bytes payload,
                            Match& match) const noexcept;
  [[nodiscard]] bool token_fits(const probe::SentProbe& sent, Bytes payload) const noexcept;
  [[nodiscard]] std::optional<Match> forgotten(const net::Address& destination, net::IcmpSeq seq,
                                               Bytes payload) const noexcept;
  [[nodiscard]] std::expected<Match, probe::Reject> reply_from_elsewhere(
      const wire::IcmpMessage& echo) const noexcept;

  [[nodiscard]] std::expected<Match, probe::Reject> echo_error(
      const wire::QuotedDatagram& quoted) const;
  [[nodiscard]] std::expected<Match, probe::Reject> udp_error(
      const wire::QuotedDatagram& quoted) const;
  // The probe to this host whose token this is; null: none.
  [[nodiscard]] const probe::SentProbe* by_token(const net::Address& destination,
                                                 Bytes payload) const;
  // The newest to this host that `fits`; null: none.
  template <typename Fits>
  [[nodiscard]] const probe::SentProbe* newest_to(const net::Address& destination, Fits fits) const;
  // The newest of the last sends with this sequence that `fits`; null: none.
  template <typename Fits>
  [[nodiscard]] const probe::SentProbe* search(net::IcmpSeq seq, Fits fits) const noexcept;

  const probe::TokenSealer* sealer_;
  probe::RecentSends* sends_;
  net::IcmpIdent ident_;
  SourceRule source_rule_;
  const ProbeShape* shape_ = nullptr;  // null: plain echo probes
  const KnownSources* sources_ = nullptr;
};

}  // namespace sonde::transport
