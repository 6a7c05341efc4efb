#include "sonde/transport/linux/tcp_trace.hpp"

#include <sys/eventfd.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sonde/transport/linux/ping_socket.hpp"
#include "sonde/transport/linux/privilege.hpp"
#include "sonde/transport/linux/socket_options.hpp"
#include "sonde/transport/linux/tcp_connect.hpp"
#include "sonde/transport/linux/tcp_raw.hpp"

namespace sonde::transport {
namespace {

using OpenResult = std::expected<std::unique_ptr<Transport>, Error>;

// The channels of all families that are wanted and that this system has.
std::expected<std::vector<TcpRawChannel>, Error> open_channels(const TraceOpenOptions& options,
                                                               Rng& rng,
                                                               TcpRawTransport::Missing& missing) {
  const RaisedPrivilege raised;
  std::vector<TcpRawChannel> channels;
  Error failure = wrong_family(options.common);
  for (const net::Family family : wanted_families(options.common)) {
    auto channel = TcpRawChannel::open(family, options, rng);
    if (channel) {
      channels.push_back(std::move(*channel));
      continue;
    }
    failure = std::move(channel.error());
    (family == net::Family::v4 ? missing.v4 : missing.v6) = failure.os_code;
    if (failure.code == ErrorCode::bad_source) {
      return std::unexpected(std::move(failure));
    }
  }
  if (channels.empty()) {
    return std::unexpected(std::move(failure));
  }
  return channels;
}

OpenResult open_raw(const TraceOpenOptions& options, const Clock& clock, Rng& rng,
                    std::string& filter) {
  TcpRawTransport::Missing missing;
  auto channels = open_channels(options, rng, missing);
  if (!channels) {
    return std::unexpected(std::move(channels.error()));
  }
  for (const TcpRawChannel& channel : *channels) {
    filter = std::max(filter, channel.filter());  // the worst of them
  }
  Fd wake(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!wake.valid()) {
    return std::unexpected(system_error("make an event descriptor", errno));
  }
  return std::make_unique<TcpRawTransport>(std::move(*channels), missing, std::move(wake),
                                           options.flow_style, clock);
}

OpenResult open_connects(const TraceOpenOptions& options, const Clock& clock) {
  auto connects = TcpConnectTransport::open(options, clock);
  if (!connects) {
    return std::unexpected(std::move(connects.error()));
  }
  return std::move(*connects);
}

std::string rung(std::string_view name, const OpenResult& result, const std::string& filter = {}) {
  const std::string open = filter.empty() ? "open" : "open, " + filter;
  const std::string why = result ? open : result.error().why;
  return std::string(name) + ": " + (why.empty() ? result.error().operation : why);
}

// Without privilege there is another way; around a wrong source or interface there is none.
bool worth_another_rung(const Error& error) {
  return error.code == ErrorCode::permission || error.code == ErrorCode::unsupported;
}

}  // namespace

std::expected<Opened, Error> open_tcp_trace(const TraceOpenOptions& options, const Clock& clock,
                                            Rng& rng) {
  const Backend backend = options.common.backend;
  Opened opened;
  OpenResult result = std::unexpected(Error{.code = ErrorCode::permission});
  if (backend != Backend::dgram) {
    std::string filter;
    result = open_raw(options, clock, rng, filter);
    opened.ladder.push_back(rung("raw TCP and ICMP sockets", result, filter));
  }
  const bool again = backend != Backend::raw && !result && worth_another_rung(result.error());
  if (again) {
    result = open_connects(options, clock);
    opened.ladder.push_back(rung("TCP connect", result));
  }
  if (!result && backend == Backend::raw && result.error().code == ErrorCode::permission) {
    return std::unexpected(permission_error(result.error().os_code, Backend::raw));
  }
  if (!result) {
    return std::unexpected(std::move(result.error()));
  }
  opened.transport = std::move(*result);
  return opened;
}

}  // namespace sonde::transport
