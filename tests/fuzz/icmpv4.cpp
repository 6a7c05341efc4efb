// icmpv4.cpp: fuzzes decode_icmpv4 and, behind it, the split of an error and its quote. An echo
// request with a right checksum is written again byte for byte.
#include "sonde/wire/icmpv4.hpp"

#include "sonde/wire/icmp_extensions.hpp"
#include "sonde/wire/quoted.hpp"
#include "tests/support/fuzz.hpp"

using namespace sonde;

namespace {

void check_request(const wire::IcmpMessage& m, Bytes input) {
  test::Packet buffer(input.size());
  Writer out{buffer};
  wire::encode_icmpv4_echo_request(m.ident, m.seq, m.body, out);
  // A sum has two forms of zero: 0000 and ffff are both right on the wire.
  test::expect(!out.failed());
  test::expect(test::to_hex(Bytes(buffer).subspan(4)) == test::to_hex(input.subspan(4)));
  test::expect(wire::decode_icmpv4(buffer).has_value());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes input = test::input_of(data, size);
  const auto m = wire::decode_icmpv4(input, wire::VerifyChecksum::no);
  if (!m) {
    test::expect(size < wire::kIcmpHeader);
    return 0;
  }
  test::expect_inside(m->body, input);
  const auto verified = wire::decode_icmpv4(input);
  if (verified && m->icmp == wire::IcmpType{.type = wire::icmpv4::kEchoRequest, .code = 0}) {
    check_request(*m, input);
  }
  const wire::ErrorBody body = wire::split_error_body(m->body, m->quoted_length);
  test::expect_inside(body.quoted, m->body);
  test::expect_inside(body.extensions, m->body);
  test::expect(body.quoted.size() + body.extensions.size() == m->body.size());
  const auto extensions = wire::decode_extensions(body.extensions);
  test::expect(extensions.has_value() || !body.extensions.empty());
  if (const auto q = wire::decode_quoted(body.quoted, net::Family::v4)) {
    test::expect_inside(q->payload, body.quoted);
  }
  return 0;
}
