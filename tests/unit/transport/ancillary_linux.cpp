// ancillary_linux.cpp: what control messages say of a packet.
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <ctime>

#include "sonde/transport/linux/ancillary.hpp"
// After the header of timespec, which it needs.
#include <linux/errqueue.h>

#include <array>
#include <cerrno>
#include <vector>

#include "sonde/base/random.hpp"
#include "sonde/transport/linux/kernel_abi.hpp"
#include "sonde/transport/posix/cmsg.hpp"
#include "sonde/transport/posix/socket_address.hpp"
#include "tests/support/packet_bytes.hpp"

namespace sonde::transport {
namespace {

class Control {
 public:
  template <typename T>
  Control& add(int level, int type, const T& data) {
    CHECK(writer_.add(level, type, std::as_bytes(std::span(&data, 1))));
    return *this;
  }
  [[nodiscard]] Ancillary parse() const {
    // As after another packet that had everything.
    Ancillary out{.stamp = WallTime(1s),
                  .device_stamp = DeviceTime(1s),
                  .ttl = net::Ttl(1),
                  .tos = net::Tos(1),
                  .header_options = Bytes(buffer_),
                  .error = QueuedError{}};
    parse_ancillary(Bytes(buffer_).first(writer_.size()), out);
    return out;
  }

 private:
  std::array<std::byte, 320> buffer_{};
  ControlWriter writer_{MutableBytes(buffer_)};
};

using Stamps3 = std::array<std::int64_t, 6>;

struct ErrorWithOffender {
  sock_extended_err error{};
  sockaddr_in offender{};
};

}  // namespace

TEST_CASE("ancillary: the software stamp, TTL and TOS of either family") {
  const auto v4 = Control()
                      .add(SOL_SOCKET, kTimestampingNew, Stamps3{5, 7, 0, 0, 0, 0})
                      .add(IPPROTO_IP, IP_TTL, 63)
                      .add(IPPROTO_IP, IP_TOS, std::uint8_t{0xb8})
                      .parse();
  CHECK(v4.stamp == WallTime(5s + 7ns));
  CHECK(v4.ttl == net::Ttl(63));
  CHECK(v4.tos == net::Tos(0xb8));
  CHECK_FALSE(v4.error);
  const auto v6 = Control()
                      .add(SOL_SOCKET, kTimestampingOld, std::array<long, 6>{5, 7})
                      .add(IPPROTO_IPV6, IPV6_HOPLIMIT, 62)
                      .add(IPPROTO_IPV6, IPV6_TCLASS, 4)
                      .parse();
  CHECK(v6.stamp == WallTime(5s + 7ns));
  CHECK(v6.ttl == net::Ttl(62));
  CHECK(v6.tos == net::Tos(4));
}

TEST_CASE("ancillary: a stamp that was not taken, or is no time, is absent") {
  for (const Stamps3& stamp : {Stamps3{}, Stamps3{-1, 0}, Stamps3{1, -1}, Stamps3{1, 1000000000},
                               Stamps3{INT64_MAX, 0}, Stamps3{INT64_MAX, INT64_MAX}}) {
    CHECK_FALSE(Control().add(SOL_SOCKET, kTimestampingNew, stamp).parse().stamp);
  }
  CHECK_FALSE(Control().add(SOL_SOCKET, kTimestampingNew, std::int32_t{1}).parse().stamp);
}

TEST_CASE("ancillary: the interface's stamp is the last of three, with the kernel's or alone") {
  const auto both =
      Control().add(SOL_SOCKET, kTimestampingNew, Stamps3{5, 7, 8, 9, 1000, 11}).parse();
  CHECK(both.stamp == WallTime(5s + 7ns));
  CHECK(both.device_stamp == DeviceTime(1000s + 11ns));
  const auto alone =
      Control().add(SOL_SOCKET, kTimestampingOld, std::array<long, 6>{0, 0, 0, 0, 3, 4}).parse();
  CHECK_FALSE(alone.stamp);
  CHECK(alone.device_stamp == DeviceTime(3s + 4ns));
  const auto none = Control().add(SOL_SOCKET, kTimestampingNew, Stamps3{5, 7, 8, 9, 0, 0}).parse();
  CHECK(none.device_stamp == DeviceTime{});
  const auto absurd =
      Control().add(SOL_SOCKET, kTimestampingNew, Stamps3{5, 7, 0, 0, -1, 11}).parse();
  CHECK(absurd.device_stamp == DeviceTime{});
}

TEST_CASE("ancillary: an ICMP error with its offender") {
  ErrorWithOffender e;
  e.error.ee_errno = EHOSTUNREACH;
  e.error.ee_origin = SO_EE_ORIGIN_ICMP;
  e.error.ee_type = 11;
  e.error.ee_code = 0;
  e.error.ee_info = 9;
  e.offender = encode_address(net::Address::v4(0x0a090102)).storage.v4;
  const auto parsed = Control().add(IPPROTO_IP, IP_RECVERR, e).parse();
  REQUIRE(parsed.error);
  CHECK(parsed.error->origin == ErrorOrigin::icmp);
  CHECK(parsed.error->os_code == EHOSTUNREACH);
  CHECK(parsed.error->icmp == wire::IcmpType{.type = 11, .code = 0});
  CHECK(parsed.error->info == 9);
  CHECK(parsed.error->extensions_at == 0);
  CHECK(parsed.error->offender == net::Address::v4(0x0a090102));
}

TEST_CASE("ancillary: where the kernel found extensions, unless it found them invalid") {
  ErrorWithOffender e;
  e.error.ee_origin = SO_EE_ORIGIN_ICMP;
  e.error.ee_rfc4884 = {.len = 108, .flags = 0, .reserved = 0};
  CHECK(Control().add(IPPROTO_IP, IP_RECVERR, e).parse().error->extensions_at == 108);
  e.error.ee_rfc4884.flags = SO_EE_RFC4884_FLAG_INVALID;
  CHECK(Control().add(IPPROTO_IP, IP_RECVERR, e).parse().error->extensions_at == 0);
}

TEST_CASE("ancillary: transmit stamps and local errors have no offender") {
  ErrorWithOffender e;
  e.error.ee_errno = ENOMSG;
  e.error.ee_origin = SO_EE_ORIGIN_TIMESTAMPING;
  e.error.ee_data = 42;
  auto parsed = Control().add(IPPROTO_IPV6, IPV6_RECVERR, e).parse();
  REQUIRE(parsed.error);
  CHECK(parsed.error->origin == ErrorOrigin::transmit_stamp);
  CHECK(parsed.error->data == 42);
  CHECK_FALSE(parsed.error->offender);
  e.error.ee_origin = SO_EE_ORIGIN_LOCAL;
  e.error.ee_info = 1400;
  parsed = Control().add(IPPROTO_IP, IP_RECVERR, e).parse();
  CHECK(parsed.error->origin == ErrorOrigin::local);
  CHECK(parsed.error->info == 1400);
  e.error.ee_origin = 77;
  CHECK(Control().add(IPPROTO_IP, IP_RECVERR, e).parse().error->origin == ErrorOrigin::other);
}

TEST_CASE("ancillary: short and unknown messages say nothing") {
  const auto parsed = Control()
                          .add(IPPROTO_IP, IP_RECVERR, std::uint8_t{1})
                          .add(IPPROTO_IP, IP_PKTINFO, 1)
                          .add(IPPROTO_TCP, 1, 1)
                          .parse();
  CHECK_FALSE(parsed.error);
  CHECK_FALSE(parsed.ttl);
  SeededRng rng(9);
  Ancillary ancillary;
  for (int round = 0; round < 2000; ++round) {
    parse_ancillary(sonde::test::random_bytes(rng, rng.below(120)), ancillary);
  }
}

TEST_CASE("socket addresses go both ways") {
  for (const char* text : {"192.0.2.1", "2001:db8::1", "fe80::1%7"}) {
    const net::Address address = *net::Address::parse(text);
    const SocketAddress name = encode_address(address, 9);
    CHECK(decode_address(std::as_bytes(std::span(&name.storage, 1)).first(name.size)) == address);
  }
  const std::array<std::byte, 28> nothing{};
  CHECK_FALSE(decode_address(nothing));
  CHECK_FALSE(decode_address({}));
}

}  // namespace sonde::transport
