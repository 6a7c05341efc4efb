// quoted.cpp: fuzzes decode_quoted and decode_quoted_transport. The first byte chooses the family
// and, for the transport alone, the protocol.
#include "sonde/wire/quoted.hpp"

#include "tests/support/fuzz.hpp"

using namespace sonde;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t kQuotedTransport = 8;
  Reader in{test::input_of(data, size)};
  const std::uint8_t choice = in.u8();
  const Bytes quoted = in.rest();
  const auto family = choice % 2 == 0 ? net::Family::v4 : net::Family::v6;
  if (const auto q = wire::decode_quoted(quoted, family)) {
    test::expect_inside(q->payload, quoted);
    test::expect(q->source.family() == family && q->destination.family() == family);
  }
  const auto transport = wire::decode_quoted_transport(quoted, net::IpProtocol(choice));
  test::expect(transport.has_value() == (quoted.size() >= kQuotedTransport));
  if (transport) {
    test::expect(transport->payload.size() == quoted.size() - kQuotedTransport);
    test::expect_inside(transport->payload, quoted);
  }
  return 0;
}
