// queued_error_linux.cpp: an ICMP error as the error queue tells it.
#include <doctest/doctest.h>

#include <algorithm>
#include <optional>
#include <span>

#include "sonde/transport/linux/queued_error.hpp"
#include "sonde/transport/posix/socket_address.hpp"
#include "sonde/transport/probe_shape.hpp"
#include "tests/support/packet_bytes.hpp"

namespace sonde::transport {
namespace {

using sonde::test::hex;
using sonde::test::joined;
using Data = sonde::test::Packet;  // Packet is one that was received

const net::Address kResponder4 = net::Address::v4(0xc0000201);
const net::Address kResponder6 = *net::Address::parse("2001:db8::1");

// One MPLS label.
Data structure() { return hex("2000 dcf6 0008 0101 0001 01ff"); }

Ancillary told(const net::Address& responder, wire::IcmpType icmp, std::size_t extensions_at = 0) {
  Ancillary ancillary;
  ancillary.ttl = net::Ttl(63);
  ancillary.error = QueuedError{.origin = ErrorOrigin::icmp,
                                .icmp = icmp,
                                .info = 1280,
                                .extensions_at = extensions_at,
                                .offender = responder};
  return ancillary;
}

// As the batch has it.
Data with_headroom(const Data& data) { return joined(Data(ReceiveBatch::kHeadroom), data); }

// Of a probe to 198.51.100.1, port 33434.
std::optional<QueuedIcmpError> queued(const Data& entry, const Ancillary& ancillary,
                                      net::Family family, std::size_t cut = 0) {
  const SocketAddress name = encode_address(net::Address::v4(0xc6336401), 33434);
  return queued_icmp_error({.name = std::as_bytes(std::span(&name.storage, 1)).first(name.size),
                            .data_with_headroom = entry,
                            .ancillary = ancillary},
                           family, cut);
}

bool is(Bytes view, const Data& wanted) { return std::ranges::equal(view, wanted); }

}  // namespace

TEST_CASE("queued error: what control messages and name said is in it, and the data is its quote") {
  const Data quote(56, std::byte{7});
  const Data entry = with_headroom(quote);
  const auto error = queued(entry, told(kResponder4, {.type = 11, .code = 1}), net::Family::v4);
  REQUIRE(error);
  CHECK(error->icmp == wire::IcmpType{.type = 11, .code = 1});
  CHECK(error->responder == kResponder4);
  CHECK(error->destination == net::Address::v4(0xc6336401));
  CHECK(error->port == net::Port(33434));
  CHECK(error->ttl == net::Ttl(63));
  CHECK(is(error->quoted, quote));
  CHECK(error->extensions.empty());
  CHECK_FALSE(error->next_hop_mtu);
}

TEST_CASE("queued error: extensions are cut off where the kernel found them") {
  const Data quote(48, std::byte{7});
  const Data entry = with_headroom(joined(quote, structure()));
  const Ancillary ancillary = told(kResponder4, {.type = 3, .code = 1}, quote.size());
  for (const auto family : {net::Family::v4, net::Family::v6}) {
    const auto error = queued(entry, ancillary, family);
    REQUIRE(error);
    CHECK(is(error->quoted, quote));
    CHECK(is(error->extensions, structure()));
  }
}

TEST_CASE("queued error: a place behind the data, or of no structure, leaves all in the quote") {
  const Data data = joined(Data(48), structure());
  const Data entry = with_headroom(data);
  for (const std::size_t at : {std::size_t{47}, data.size() + 1, std::size_t{65535}}) {
    const auto error =
        queued(entry, told(kResponder4, {.type = 3, .code = 1}, at), net::Family::v4);
    REQUIRE(error);
    CHECK(is(error->quoted, data));
    CHECK(error->extensions.empty());
  }
}

TEST_CASE("queued error: without a length, extensions follow 128 bytes with the headers cut off") {
  constexpr std::size_t kIpv4Header = 20;
  const Ancillary ancillary = told(kResponder4, {.type = 11, .code = 0});
  for (const std::size_t cut : {std::size_t{0}, kUdpHeader}) {
    const Data quote(128 - kIpv4Header - cut, std::byte{7});
    const Data entry = with_headroom(joined(quote, structure()));
    const auto error = queued(entry, ancillary, net::Family::v4, cut);
    REQUIRE(error);
    CHECK(is(error->quoted, quote));
    CHECK(is(error->extensions, structure()));
  }
}

TEST_CASE("queued error: an MTU is told by the two types that have one") {
  const auto mtu_of = [](const net::Address& responder, wire::IcmpType icmp, net::Family family) {
    return queued(with_headroom({}), told(responder, icmp), family).value().next_hop_mtu;
  };
  CHECK(mtu_of(kResponder4, {.type = 3, .code = 4}, net::Family::v4) == net::Mtu(1280));
  CHECK(mtu_of(kResponder6, {.type = 2, .code = 0}, net::Family::v6) == net::Mtu(1280));
  CHECK_FALSE(mtu_of(kResponder4, {.type = 3, .code = 1}, net::Family::v4));
  CHECK_FALSE(mtu_of(kResponder6, {.type = 1, .code = 4}, net::Family::v6));
}

TEST_CASE("queued error: without an offender, or an address that was sent to, there is none") {
  Ancillary ancillary = told(kResponder4, {.type = 11, .code = 0});
  const Data entry = with_headroom(Data(8));
  CHECK_FALSE(queued_icmp_error({.name = {}, .data_with_headroom = entry, .ancillary = ancillary},
                                net::Family::v4));
  ancillary.error->offender.reset();
  CHECK_FALSE(queued(entry, ancillary, net::Family::v4));
  CHECK_FALSE(queued(entry, Ancillary{}, net::Family::v4));
}

}  // namespace sonde::transport
