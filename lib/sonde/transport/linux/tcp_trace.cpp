#include "sonde/transport/linux/tcp_trace.hpp"

#include <utility>

#include "sonde/transport/linux/tcp_connect.hpp"

namespace sonde::transport {

std::expected<Opened, Error> open_tcp_trace(const TraceOpenOptions& options, const Clock& clock,
                                            Rng& rng) {
  (void)rng;
  auto connects = TcpConnectTransport::open(options, clock);
  if (!connects) {
    return std::unexpected(std::move(connects.error()));
  }
  return Opened{.transport = std::move(*connects), .ladder = {"TCP connect: open"}};
}

}  // namespace sonde::transport
