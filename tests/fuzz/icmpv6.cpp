// icmpv6.cpp: fuzzes decode_icmpv6 with 32 bytes of addresses before the message, and behind it the
// split of an error and its quote. What is read of an echo is written as a request, with and
// without the addresses, and read again.
#include "sonde/wire/icmpv6.hpp"

#include "sonde/wire/icmp_extensions.hpp"
#include "sonde/wire/quoted.hpp"
#include "tests/support/fuzz.hpp"

using namespace sonde;

namespace {

void check_request(const wire::IcmpMessage& m, const wire::Ipv6Ends& ends) {
  for (const wire::Ipv6Ends* known : {&ends, static_cast<const wire::Ipv6Ends*>(nullptr)}) {
    test::Packet buffer(wire::kIcmpHeader + m.body.size());
    Writer out{buffer};
    wire::encode_icmpv6_echo_request(m.ident, m.seq, m.body, out, known);
    const auto again = wire::decode_icmpv6(buffer, known);
    test::expect(!out.failed() && again.has_value());
    test::expect(again->message_class == wire::IcmpClass::echo_request);
    test::expect(again->ident == m.ident && again->seq == m.seq);
    test::expect(test::exactly(again->body) == test::exactly(m.body));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Reader in{test::input_of(data, size)};
  wire::Ipv6Ends ends;
  ends.source = net::Address::from_bytes(in.take(net::Address::kV6Bytes)).value_or(net::Address{});
  ends.destination =
      net::Address::from_bytes(in.take(net::Address::kV6Bytes)).value_or(net::Address{});
  const Bytes message = in.rest();
  const auto m = wire::decode_icmpv6(message);
  const auto verified = wire::decode_icmpv6(message, &ends);
  if (!m) {
    test::expect(message.size() < wire::kIcmpHeader && !verified);
    return 0;
  }
  test::expect_inside(m->body, message);
  if (m->message_class == wire::IcmpClass::echo_request ||
      m->message_class == wire::IcmpClass::echo_reply) {
    check_request(*m, ends);
  }
  const wire::ErrorBody body = wire::split_error_body(m->body, m->quoted_length);
  test::expect_inside(body.quoted, m->body);
  test::expect_inside(body.extensions, m->body);
  const auto extensions = wire::decode_extensions(body.extensions);
  test::expect(extensions.has_value() || !body.extensions.empty());
  if (const auto q = wire::decode_quoted(body.quoted, net::Family::v6)) {
    test::expect_inside(q->payload, body.quoted);
  }
  return 0;
}
