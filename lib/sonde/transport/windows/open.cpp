// open.hpp for Windows: one rung, the echo calls of iphlpapi.dll, which need no privilege. What
// they cannot be asked to do is refused here, by name.
#include "sonde/transport/open.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "sonde/transport/windows/echo.hpp"
#include "sonde/transport/windows/error_code.hpp"
#include "sonde/transport/windows/open.hpp"
#include "sonde/transport/windows/transport.hpp"
#include "sonde/transport/windows/winsock.hpp"

namespace sonde::transport {
namespace {

struct Limit {
  bool asked;
  std::string_view what;
  std::string_view instead;
};

std::optional<Error> beyond_the_api(const OpenOptions& options) {
  const auto limits = std::to_array<Limit>({
      {options.backend == Backend::raw || options.backend == Backend::dgram, "use ICMP sockets",
       "leave out --transport"},
      {!options.interface.empty(), "choose an interface", "give an address of it with -S"},
      {options.mark.has_value(), "mark packets", "leave out --mark"},
      {options.flow_label.has_value(), "set a flow label", "leave out -F"},
      {options.ident.has_value(), "choose the ICMP identifier", "leave out -e"},
      {options.path_mtu == PathMtu::want, "fragment to the known path MTU",
       "use -M do (DF) or -M dont"},
      {options.path_mtu == PathMtu::probe, "ignore the known path MTU",
       "leave out --mtu or -M probe; -M do sets DF"},
      {!options.multicast_loop, "keep multicast from looping back", "leave out -L"},
      {options.bypass_routing, "bypass routing", "leave out -r"},
  });
  const auto limit = std::ranges::find(limits, true, &Limit::asked);
  if (limit == limits.end()) {
    return std::nullopt;
  }
  return Error{.code = ErrorCode::unsupported,
               .operation = "cannot " + std::string(limit->what),
               .os_code = 0,
               .why = "Windows' echo calls have no such thing",
               .what_to_do = std::string(limit->instead)};
}

// A source that is not ours would only show as a failure of every probe.
std::optional<Error> refuse_source(const net::Address& source) {
  const Winsock winsock;
  const UdpSocket socket(source.family());
  const SocketAddress name = encode_address(source, 0);
  if (socket.valid() && ::bind(socket.get(), name.get(), name.size) == 0) {
    return std::nullopt;
  }
  return windows_error(ErrorCode::bad_source, "send from " + source.to_text(), ::WSAGetLastError(),
                       "use an address of this computer, or leave out -S");
}

std::string name_of(net::Family family) {
  return family == net::Family::v4 ? "IcmpCreateFile (IPv4)" : "Icmp6CreateFile (IPv6)";
}

struct Families {
  bool v4 = false;
  bool v6 = false;
};

// One of two families is enough.
std::expected<Families, Error> open_families(IcmpApi& api, Families wanted,
                                             std::vector<std::string>& ladder) {
  Families opened;
  std::optional<Error> failure;
  for (const net::Family family : {net::Family::v4, net::Family::v6}) {
    const bool v4 = family == net::Family::v4;
    if (!(v4 ? wanted.v4 : wanted.v6)) {
      continue;
    }
    const int error = api.open(family);
    ladder.push_back(name_of(family) + ": " + (error == 0 ? "open" : error_words(error)));
    if (error == 0) {
      (v4 ? opened.v4 : opened.v6) = true;
    } else {
      failure = windows_error(ErrorCode::unsupported, name_of(family), error,
                              v4 ? "" : "IPv6 echo is not available on this system; use -4");
    }
  }
  if (!opened.v4 && !opened.v6) {
    return std::unexpected(failure.value_or(Error{.code = ErrorCode::bad_source,
                                                  .operation = "choose an address family",
                                                  .os_code = 0,
                                                  .why = "the source is of the other one",
                                                  .what_to_do = {}}));
  }
  return opened;
}

}  // namespace

std::expected<Opened, Error> open_icmp_on(std::unique_ptr<IcmpApi> api, const OpenOptions& options,
                                          const Clock& clock, Rng& rng) {
  if (auto error = beyond_the_api(options)) {
    return std::unexpected(*std::move(error));
  }
  if (options.source) {
    if (auto error = refuse_source(*options.source)) {
      return std::unexpected(*std::move(error));
    }
  }
  const Families wanted{.v4 = options.v4 && (!options.source || options.source->is_v4()),
                        .v6 = options.v6 && (!options.source || options.source->is_v6())};
  Opened opened;
  const auto families = open_families(*api, wanted, opened.ladder);
  if (!families) {
    return std::unexpected(families.error());
  }
  auto service = EchoService::make(std::move(api), clock, options.reply_window);
  if (!service) {
    return std::unexpected(
        windows_error(ErrorCode::system, "start the echo thread", service.error()));
  }
  opened.transport = std::make_unique<WindowsTransport>(
      *std::move(service),
      WindowsTransportConfig{
          .v4 = families->v4,
          .v6 = families->v6,
          .source = options.source,
          .dont_fragment = options.path_mtu == PathMtu::do_df,
          .source_rule = options.broadcast ? SourceRule::any : SourceRule::must_match},
      clock, rng);
  return opened;
}

std::expected<Opened, Error> open_icmp(const OpenOptions& options, const Clock& clock, Rng& rng) {
  auto api = load_iphlpapi();
  if (!api) {
    return std::unexpected(windows_error(ErrorCode::unsupported, "load iphlpapi.dll", api.error()));
  }
  return open_icmp_on(*std::move(api), options, clock, rng);
}

}  // namespace sonde::transport
