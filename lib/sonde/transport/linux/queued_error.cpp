#include "sonde/transport/linux/queued_error.hpp"

#include <algorithm>

#include "sonde/transport/posix/socket_address.hpp"
#include "sonde/wire/icmp_extensions.hpp"
#include "sonde/wire/icmpv4.hpp"
#include "sonde/wire/icmpv6.hpp"
#include "sonde/wire/ipv4.hpp"
#include "sonde/wire/ipv6.hpp"

namespace sonde::transport {
namespace {

std::optional<net::Mtu> mtu_of(net::Family family, const QueuedError& error) noexcept {
  const bool too_big =
      family == net::Family::v4
          ? error.icmp == wire::IcmpType{.type = wire::icmpv4::kDestinationUnreachable,
                                         .code = wire::icmpv4::kCodeFragmentationNeeded}
          : error.icmp.type == wire::icmpv6::kPacketTooBig;
  return too_big && error.info != 0 ? std::optional(net::Mtu(error.info)) : std::nullopt;
}

// The kernel cuts the quoted IP header off. With zeros of its length in its place the quote is as
// long as it was, and the layout without a length attribute can be told as well (RFC 4884, 5.5).
wire::ErrorBody split_quote(Bytes with_header, std::size_t header, std::size_t extensions_at) {
  const std::size_t quoted_length = extensions_at == 0 ? 0 : header + extensions_at;
  wire::ErrorBody body = wire::split_error_body(with_header, quoted_length);
  body.quoted = body.quoted.subspan(std::min(header, body.quoted.size()));
  return body;
}

}  // namespace

std::optional<QueuedIcmpError> queued_icmp_error(const QueuedEntry& entry, net::Family family,
                                                 std::size_t cut) {
  const auto& [name, data_with_headroom, ancillary] = entry;
  const auto destination = decode_address(name);
  if (!destination || !ancillary.error || !ancillary.error->offender) {
    return std::nullopt;
  }
  const QueuedError& error = *ancillary.error;
  const std::size_t header =
      cut + (family == net::Family::v4 ? wire::kIpv4MinHeader : wire::kIpv6Header);
  const wire::ErrorBody body = split_quote(
      data_with_headroom.subspan(ReceiveBatch::kHeadroom - header), header, error.extensions_at);
  return QueuedIcmpError{.icmp = error.icmp,
                         .responder = *error.offender,
                         .destination = *destination,
                         .next_hop_mtu = mtu_of(family, error),
                         .quoted = body.quoted,
                         .extensions = body.extensions,
                         .ttl = ancillary.ttl,
                         .tos = ancillary.tos,
                         .stamp = ancillary.stamp,
                         .port = decode_port(name).value_or(net::Port())};
}

}  // namespace sonde::transport
