// The ladder of open.hpp for Linux: a datagram ICMP socket where net.ipv4.ping_group_range allows
// it, else a raw one where CAP_NET_RAW is permitted, each family by itself.
#include "sonde/transport/open.hpp"

#include <sys/eventfd.h>

#include <cerrno>
#include <utility>

#include "sonde/transport/linux/channel.hpp"
#include "sonde/transport/linux/open_channels.hpp"
#include "sonde/transport/linux/ping_socket.hpp"
#include "sonde/transport/linux/privilege.hpp"
#include "sonde/transport/linux/socket_options.hpp"
#include "sonde/transport/linux/tcp_connect.hpp"
#include "sonde/transport/linux/transport.hpp"

namespace sonde::transport {
namespace {

using ChannelResult = std::expected<Channel, Error>;

net::IcmpIdent random_ident(Rng& rng) {
  constexpr std::uint64_t kIdents = 0xffff;
  return net::IcmpIdent(static_cast<std::uint16_t>(1 + rng.below(kIdents)));  // never 0
}

// Trying the next rung helps against a refused or missing kind of socket, and against an identifier
// that another datagram socket holds; not against a wrong address or interface.
bool worth_another_rung(const Error& error) {
  return error.code == ErrorCode::permission || error.code == ErrorCode::unsupported ||
         error.os_code == EADDRINUSE;
}

class Ladder {
 public:
  Ladder(const OpenOptions& options, ChannelPlan plan, net::IcmpIdent raw_ident)
      : options_(options), plan_(std::move(plan)), raw_ident_(raw_ident) {}

  [[nodiscard]] ChannelResult climb(net::Family family) {
    ChannelResult result = std::unexpected(Error{});
    for (std::size_t i = 0; i < plan_.size(); ++i) {
      ChannelResult next = try_rung(plan_[i], family);
      // An earlier refusal says more than "no privilege", unless it is the same.
      const bool refused = !next && next.error().code == ErrorCode::permission;
      if (i == 0 || !refused || !says_more(result.error())) {
        result = std::move(next);
      }
      if (result || !worth_another_rung(result.error())) {
        break;
      }
    }
    return result;
  }
  [[nodiscard]] std::vector<std::string> take_rungs() { return std::move(rungs_); }

 private:
  [[nodiscard]] ChannelResult try_rung(const Rung& rung, net::Family family) {
    const ChannelConfig config{
        .kind = rung.kind, .family = family, .raw_ident = raw_ident_, .shape = rung.shape};
    std::optional<RaisedPrivilege> raised;
    // A datagram socket needs privilege only for these (the interface: before Linux 5.7).
    if (rung.kind == SocketKind::raw || options_.mark || !options_.interface.empty()) {
      raised.emplace();
    }
    ChannelResult channel = Channel::open(config, options_);
    rungs_.push_back(socket_name(config) + ": " +
                     (channel ? rung_success(*channel) : rung_failure(channel.error())));
    return channel;
  }
  [[nodiscard]] static std::string rung_success(const Channel& channel) {
    return channel.filter().empty() ? "open" : "open, " + channel.filter();
  }
  [[nodiscard]] static std::string rung_failure(const Error& error) {
    return error.why.empty() ? error.operation : error.why;
  }
  [[nodiscard]] static bool says_more(const Error& error) {
    return error.code != ErrorCode::permission || !error.what_to_do.empty();
  }

  const OpenOptions& options_;
  ChannelPlan plan_;
  net::IcmpIdent raw_ident_;
  std::vector<std::string> rungs_;
};

// What the user can do, in place of what the last rung said.
Error explained(Error error, Backend backend) {
  return error.code == ErrorCode::permission && error.what_to_do.empty()
             ? permission_error(error.os_code, backend)
             : std::move(error);
}

// One of two families is enough, unless the user was wrong about source or interface.
bool is_fatal(const Error& error) { return error.code == ErrorCode::bad_source; }

}  // namespace

std::expected<Opened, Error> open_icmp(const OpenOptions& options, const Clock& clock, Rng& rng) {
  ChannelPlan plan;
  if (options.backend != Backend::raw) {
    plan.push_back({.kind = SocketKind::dgram});
  }
  if (options.backend != Backend::dgram) {
    plan.push_back({.kind = SocketKind::raw});
  }
  return open_channels(options, std::move(plan), clock, rng);
}

std::expected<Opened, Error> open_channels(const OpenOptions& options, ChannelPlan plan,
                                           const Clock& clock, Rng& rng) {
  const std::vector<net::Family> families = wanted_families(options);
  if (families.empty()) {
    return std::unexpected(wrong_family(options));
  }
  Ladder ladder(options, std::move(plan), random_ident(rng));
  LinuxTransportParts parts;
  std::optional<Error> failure;
  for (const net::Family family : families) {
    const bool is_v4 = family == net::Family::v4;
    ChannelResult channel = ladder.climb(family);
    if (channel) {
      (is_v4 ? parts.v4 : parts.v6).emplace(std::move(*channel));
      continue;
    }
    (is_v4 ? parts.why_no_v4 : parts.why_no_v6) = channel.error().os_code;
    if (!failure || is_fatal(channel.error())) {
      failure = std::move(channel.error());
    }
  }
  if (failure && (is_fatal(*failure) || (!parts.v4 && !parts.v6))) {
    return std::unexpected(explained(std::move(*failure), options.backend));
  }
  parts.wake = Fd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!parts.wake.valid()) {
    return std::unexpected(system_error("make an event descriptor", errno));
  }
  parts.source_rule = options.broadcast ? SourceRule::any : SourceRule::must_match;
  return Opened{
      .transport = std::make_unique<LinuxTransport>(std::move(parts), clock, rng),
      .ladder = ladder.take_rungs(),
  };
}

}  // namespace sonde::transport
