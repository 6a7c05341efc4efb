// open_trace.hpp for Windows: ICMP alone, by the echo calls. What is put into their payload does
// not decide the checksum, since nobody but the system knows the identifier: each probe is a flow.
#include "sonde/transport/open_trace.hpp"

#include <string>

namespace sonde::transport {

std::expected<Opened, Error> open_trace(const TraceOpenOptions& options, const Clock& clock,
                                        Rng& rng) {
  if (options.protocol == TraceProtocol::icmp) {
    return open_icmp(options.common, clock, rng);
  }
  const std::string name = options.protocol == TraceProtocol::udp ? "UDP" : "TCP";
  return std::unexpected(Error{.code = ErrorCode::unsupported,
                               .operation = "cannot trace with " + name + " probes",
                               .os_code = 0,
                               .why = "Windows reports no router's answers to them",
                               .what_to_do = "leave out -P, or give -P icmp"});
}

}  // namespace sonde::transport
