// channel.hpp: what sends the probes of one family: one ICMP socket, raw or datagram, or a UDP
// socket; owns the descriptors.
// Raw sockets choose their identifier, get IPv4 packets with their header and unverified ICMP
// checksum, and hear ICMP errors as packets, through a locked filter (bpf.hpp). Datagram sockets
// ("ping sockets", kernel 3.0; IPv6 3.11) need no privilege; the kernel writes the identifier,
// which is the bound port, verifies checksums, and reports ICMP errors through the error queue
// only. UDP sockets have one source port for all probes; the errors come through the error queue
// (kind dgram), or to a raw ICMP socket that listens beside it (kind raw; its filter lets in what
// quotes that port). Never IPPROTO_RAW (RELIABILITY.md 1c, CVE-2026-46266). open(): everything that
// may need a privilege is done here. Errors: transport::Error.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "sonde/net/address.hpp"
#include "sonde/net/fields.hpp"
#include "sonde/probe/ip_options.hpp"
#include "sonde/probe/recent_sends.hpp"
#include "sonde/transport/error.hpp"
#include "sonde/transport/interpret.hpp"
#include "sonde/transport/known_sources.hpp"
#include "sonde/transport/linux/bpf.hpp"
#include "sonde/transport/open.hpp"
#include "sonde/transport/posix/fd.hpp"
#include "sonde/transport/probe_shape.hpp"
#include "sonde/transport/route.hpp"
#include "sonde/transport/transmit_keys.hpp"

namespace sonde::transport {

enum class SocketKind : std::uint8_t { dgram, raw };

struct ChannelConfig {
  SocketKind kind = SocketKind::dgram;
  net::Family family = net::Family::v4;
  net::IcmpIdent raw_ident{1};  // raw ICMP: used unless options.ident says otherwise
  ProbeShape shape{};
};

// "raw ICMP socket, IPv4"
[[nodiscard]] std::string socket_name(const ChannelConfig& config);

// A descriptor that packets come in by, and what they look like.
struct Inlet {
  int fd;
  PacketLayout layout;
};

enum class Stamps : std::uint8_t { none, receive, transmit_and_receive };

class Channel {
 public:
  [[nodiscard]] static std::expected<Channel, Error> open(const ChannelConfig& config,
                                                          const OpenOptions& options);

  [[nodiscard]] int fd() const noexcept { return fd_.get(); }
  [[nodiscard]] SocketKind kind() const noexcept { return kind_; }
  [[nodiscard]] net::Family family() const noexcept { return family_; }
  // The ICMP identifier, or the UDP source port.
  [[nodiscard]] net::IcmpIdent ident() const noexcept { return ident_; }
  [[nodiscard]] const ProbeShape& shape() const noexcept { return shape_; }
  // Raw sockets: whether the packet filter holds, for -v (raw_filter.hpp). Empty: needs none.
  [[nodiscard]] const std::string& filter() const noexcept { return filter_; }
  // An answer came that does not say which of our probes it is for.
  void heard_untold() noexcept { untold_ = true; }
  // After that, once: gives each probe a port of its own from the next send on. The ids are those
  // of what went out before, which is forgotten.
  [[nodiscard]] std::vector<probe::ProbeId> vary_ports();
  // Raw sockets hear of errors by packets, the others by the error queue.
  [[nodiscard]] bool queues_errors() const noexcept { return kind_ == SocketKind::dgram; }
  static constexpr std::size_t kMostInlets = 2;
  [[nodiscard]] std::size_t inlets() const noexcept { return listener_.valid() ? 2 : 1; }
  [[nodiscard]] Inlet inlet(std::size_t index) const noexcept;
  // Of that inlet, or -1, which poll(2) passes over.
  [[nodiscard]] int descriptor(std::size_t inlet) const noexcept {
    return inlet == 0 ? fd() : listener_.get();
  }
  // Packets that its queues had no room for.
  [[nodiscard]] std::uint64_t dropped() const noexcept;
  [[nodiscard]] Stamps stamps() const noexcept { return stamps_; }
  [[nodiscard]] std::uint32_t flow_label(std::uint16_t flow) const noexcept;

  // Brings the socket's own state (DF, header options) to what `ip` asks for: a system call only
  // when something changes. 0 or the errno.
  [[nodiscard]] int apply(const probe::IpOptions& ip);
  // Do two probes ask for the same socket state?
  [[nodiscard]] static bool same_state(const probe::IpOptions& a,
                                       const probe::IpOptions& b) noexcept;

  // Starts the kernel's count of sends anew, after a send failed.
  void restart_stamp_keys();
  // Raw sockets: let local errors into the error queue, to learn the MTU of EMSGSIZE.
  void set_error_queue(bool on) const noexcept;

  [[nodiscard]] probe::RecentSends& recent() noexcept { return recent_; }
  [[nodiscard]] TransmitKeys& keys() noexcept { return keys_; }
  [[nodiscard]] KnownSources& sources() noexcept { return sources_; }
  // Of a trace: asks the system which address probes to there leave with.
  void learn_source(const net::Address& destination);
  [[nodiscard, gnu::noinline]] bool has_route(const net::Address& destination);

 private:
  Channel(Fd fd, const ChannelConfig& config, const OpenOptions& options) noexcept;
  [[nodiscard]] std::expected<void, Error> configure(const OpenOptions& options);
  [[nodiscard]] std::expected<void, Error> filter(int fd, FilterProgram program);
  [[nodiscard]] std::expected<void, Error> finish_raw(const OpenOptions& options);
  [[nodiscard]] std::expected<void, Error> finish_dgram(const OpenOptions& options);
  [[nodiscard]] std::expected<void, Error> finish_udp(const OpenOptions& options);
  [[nodiscard]] std::expected<void, Error> open_listener(const OpenOptions& options);
  void request_stamps(const OpenOptions& options);
  [[nodiscard]] bool set_stamp_flags(unsigned flags);
  [[nodiscard]] int set_path_mtu(PathMtu mode);
  [[nodiscard]] int set_header_options(const probe::HeaderOptions& header_options);

  Fd fd_;
  Fd listener_;
  SocketKind kind_;
  net::Family family_;
  net::IcmpIdent ident_;
  std::string filter_{};
  Stamps stamps_ = Stamps::none;
  int stamp_option_ = 0;  // SO_TIMESTAMPING_NEW or _OLD
  unsigned stamp_flags_ = 0;
  std::uint32_t flow_label_ = 0;
  bool labels_flows_ = false;  // of a trace, each its own
  PathMtu base_path_mtu_;
  std::optional<PathMtu> path_mtu_;  // what the socket has now
  probe::HeaderOptions header_options_{};
  ProbeShape shape_;
  bool untold_ = false;
  std::optional<net::Address> bound_source_;
  RouteAsker route_;
  probe::RecentSends recent_;
  TransmitKeys keys_;
  KnownSources sources_;
};

}  // namespace sonde::transport
