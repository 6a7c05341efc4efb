// error_queue_linux.cpp: fuzzes what the kernel says beside a packet (parse_ancillary), and the
// ICMP error that it makes of a message in the error queue (queued_icmp_error).
// In:  | how (1) | length (2) | control messages | length (1) | name | quote and extensions |
//      how, bit 0: IPv6. Bit 1: of a UDP probe. Control messages lie as this machine's kernel lays
//      them: the saved ones are those of 64 bits, little-endian, and mere bytes to another.
// Oracles: a run of messages says what they say one by one, the last of a kind counts, and none
// says more than its kind; nothing is left of the packet before; an error is as its bytes have it;
// a quote and its extensions are together what was received, nothing more and nothing less.
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <ctime>
#include <vector>
// After the header of timespec, which it needs.
#include <linux/errqueue.h>

#include "sonde/transport/linux/kernel_abi.hpp"
#include "sonde/transport/linux/queued_error.hpp"
#include "sonde/transport/posix/cmsg.hpp"
#include "sonde/transport/posix/socket_address.hpp"
#include "sonde/transport/probe_shape.hpp"
#include "sonde/wire/ipv4.hpp"
#include "sonde/wire/ipv6.hpp"
#include "tests/support/fuzz.hpp"

using namespace sonde;
using transport::Ancillary;
using transport::ControlMessage;
using transport::ErrorOrigin;
using transport::QueuedError;
using transport::QueuedIcmpError;
using transport::ReceiveBatch;

namespace {

bool same(Bytes a, Bytes b) { return a.data() == b.data() && a.size() == b.size(); }

bool same(const Ancillary& a, const Ancillary& b) {
  return a.stamp == b.stamp && a.device_stamp == b.device_stamp && a.ttl == b.ttl &&
         a.tos == b.tos && same(a.header_options, b.header_options) && a.error == b.error;
}

// What `message` alone says takes the place of what was said before it.
void follow(const ControlMessage& message, const Ancillary& alone, Ancillary& sum) {
  const auto is = [&message](int level, int type) {
    return message.level == level && message.type == type;
  };
  if (is(SOL_SOCKET, transport::kTimestampingOld) || is(SOL_SOCKET, transport::kTimestampingNew)) {
    sum.stamp = alone.stamp;
    sum.device_stamp = alone.device_stamp == DeviceTime{} ? sum.device_stamp : alone.device_stamp;
  } else if (is(IPPROTO_IP, IP_TTL) || is(IPPROTO_IPV6, IPV6_HOPLIMIT)) {
    sum.ttl = alone.ttl;
  } else if (is(IPPROTO_IP, IP_TOS) || is(IPPROTO_IPV6, IPV6_TCLASS)) {
    sum.tos = alone.tos;
  } else if (is(IPPROTO_IP, IP_RECVOPTS)) {
    sum.header_options = alone.header_options;
  } else if (is(IPPROTO_IP, IP_RECVERR) || is(IPPROTO_IPV6, IPV6_RECVERR)) {
    sum.error = alone.error;
  }
}

void judge_offender(const net::Address& offender, Bytes name) {
  const int family = transport::value<sa_family_t>(name).value_or(AF_UNSPEC);
  test::expect(family == (offender.is_v4() ? AF_INET : AF_INET6));
  test::expect(name.size() >= (offender.is_v4() ? sizeof(sockaddr_in) : sizeof(sockaddr_in6)));
}

void judge_error(const QueuedError& error, Bytes data) {
  const auto raw = transport::value<sock_extended_err>(data);
  test::expect(raw.has_value());
  test::expect(error.os_code == static_cast<int>(raw->ee_errno) && error.info == raw->ee_info &&
               error.data == raw->ee_data && error.icmp.type == raw->ee_type &&
               error.icmp.code == raw->ee_code);
  const bool icmp = raw->ee_origin == SO_EE_ORIGIN_ICMP || raw->ee_origin == SO_EE_ORIGIN_ICMP6;
  test::expect(icmp == (error.origin == ErrorOrigin::icmp));
  test::expect(error.extensions_at == 0 || icmp);
  if (error.offender) {
    judge_offender(*error.offender, data.subspan(sizeof *raw));
  }
}

void judge_stamps(const Ancillary& seen) {
  test::expect(!seen.stamp || *seen.stamp > WallTime{});
  test::expect(seen.device_stamp >= DeviceTime{});
}

// One by one, each in a buffer that holds nothing else.
Ancillary said_one_by_one(Bytes control) {
  Ancillary sum;
  transport::ControlReader reader(control);
  while (const auto message = reader.next()) {
    test::expect_inside(message->data, control);
    Ancillary alone;
    parse_ancillary({message->data.data() - CMSG_LEN(0), CMSG_LEN(message->data.size())}, alone);
    Ancillary its_kind;
    follow(*message, alone, its_kind);
    test::expect(same(alone, its_kind));
    test::expect_inside(alone.header_options, message->data);
    judge_stamps(alone);
    if (alone.error) {
      judge_error(*alone.error, message->data);
    }
    follow(*message, alone, sum);
  }
  return sum;
}

Ancillary judged(Bytes control) {
  Ancillary fresh;
  parse_ancillary(control, fresh);
  test::expect(same(fresh, said_one_by_one(control)));
  Ancillary used{
      .stamp = WallTime(1s),
      .device_stamp = DeviceTime(1s),
      .ttl = net::Ttl(1),
      .tos = net::Tos(1),
      .header_options = control,
      .error = QueuedError{.icmp = {.type = 1, .code = 1}, .offender = net::Address::v4(1)}};
  parse_ancillary(control, used);
  test::expect(same(used, fresh));
  return used;
}

// Where the kernel found them, or behind a quote of 128 bytes that the headers were cut off.
void judge_extensions(const QueuedIcmpError& seen, Bytes data, std::size_t at, std::size_t header) {
  constexpr std::size_t kNonCompliantQuote = 128;  // RFC 4884 section 5.5
  constexpr std::size_t kStructureHeader = 4;
  constexpr unsigned kVersionShift = 4;
  const std::size_t start = at != 0 ? at : kNonCompliantQuote - header;
  const bool possible = start + kStructureHeader <= data.size() &&
                        std::to_integer<unsigned>(data[start]) >> kVersionShift == 2;
  const bool found = !seen.extensions.empty();
  test::expect(!found || (possible && seen.quoted.size() == start));
  test::expect(found || !possible || at == 0);  // without a place, the checksum has its say
}

void judge_queued(const QueuedIcmpError& seen, const QueuedError& error, Bytes data) {
  test::expect_inside(seen.quoted, data);
  test::expect_inside(seen.extensions, data);
  test::expect(seen.quoted.size() + seen.extensions.size() == data.size());
  test::expect(seen.quoted.empty() || seen.quoted.data() == data.data());
  test::expect(seen.extensions.empty() ||
               seen.extensions.data() == data.data() + seen.quoted.size());
  test::expect(seen.icmp == error.icmp && seen.responder == error.offender);
  test::expect(!seen.next_hop_mtu ||
               (error.info != 0 && *seen.next_hop_mtu == net::Mtu(error.info)));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Reader in{test::input_of(data, size)};
  const std::uint8_t how = in.u8();
  const std::size_t control_size = in.u16();
  // Each in a block of its own: aligned as the kernel's buffer is, and nothing behind it.
  const auto control = test::exactly(in.take(std::min(control_size, in.remaining())));
  const std::size_t name_size = in.u8();
  const auto name = test::exactly(in.take(std::min(name_size, in.remaining())));
  std::vector<std::byte> with_headroom(ReceiveBatch::kHeadroom + in.remaining());
  std::ranges::copy(in.rest(), with_headroom.begin() + ReceiveBatch::kHeadroom);
  const Bytes quote = Bytes(with_headroom).subspan(ReceiveBatch::kHeadroom);

  const Ancillary ancillary = judged(control);
  const auto family = (how & 1) == 0 ? net::Family::v4 : net::Family::v6;
  const std::size_t cut = (how & 2) == 0 ? 0 : transport::kUdpHeader;
  const auto seen = transport::queued_icmp_error({name, with_headroom, ancillary}, family, cut);
  const auto destination = transport::decode_address(name);
  test::expect(seen.has_value() ==
               (destination && ancillary.error && ancillary.error->offender.has_value()));
  if (seen) {
    test::expect(seen->destination == *destination && seen->ttl == ancillary.ttl &&
                 seen->tos == ancillary.tos && seen->stamp == ancillary.stamp);
    judge_queued(*seen, *ancillary.error, quote);
    const std::size_t header =
        cut + (family == net::Family::v4 ? wire::kIpv4MinHeader : wire::kIpv6Header);
    judge_extensions(*seen, quote, ancillary.error->extensions_at, header);
  }
  return 0;
}
