#include "sonde/transport/linux/sender.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <iterator>
#include <utility>

#include "sonde/transport/destination.hpp"
#include "sonde/transport/linux/socket_options.hpp"
#include "sonde/wire/checksum.hpp"
#include "sonde/wire/icmpv4.hpp"
#include "sonde/wire/icmpv6.hpp"

namespace sonde::transport {
namespace {

// Enough for every error of a full flight; what more there is stays in the kernel's queue.
constexpr std::size_t kMostBacklog = 4096;

net::IcmpSeq wire_sequence(const probe::ProbeId& id) noexcept {
  return net::IcmpSeq(static_cast<std::uint16_t>(id.sequence));
}

// Anew for each batch: routes change.
[[gnu::noinline]] void learn_sources(Channel& channel, std::span<const probe::ProbeSpec> specs) {
  const probe::ProbeSpec* before = nullptr;
  for (const probe::ProbeSpec& spec : specs) {
    if (before == nullptr || before->destination != spec.destination) {
      channel.learn_source(effective_destination(spec.destination));
    }
    before = &spec;
  }
}

// Those that the kernel also uses for an ICMP error that came back for an earlier probe.
bool may_be_pending(int os_code) noexcept {
  const probe::SendFailure failure = send_failure_of(os_code);
  return failure != probe::SendFailure::no_buffer && os_code != EPERM && os_code != EINVAL;
}

}  // namespace

probe::SendFailure send_failure_of(int os_code) noexcept {
  switch (os_code) {
    case ENOBUFS:
    case EAGAIN:
    case ENOMEM:
    case EINTR:
      return probe::SendFailure::no_buffer;
    case EMSGSIZE:
      return probe::SendFailure::too_big;
    case ENETUNREACH:
    case EHOSTUNREACH:
    case ENETDOWN:
    case EHOSTDOWN:
    case ENODEV:
    case ENXIO:
    case EADDRNOTAVAIL:
      return probe::SendFailure::unreachable;
    case EPERM:
    case EACCES:
      return probe::SendFailure::prohibited;
    default:
      return probe::SendFailure::other;
  }
}

// A blackhole route: the kernel has no better word than for a bad argument, and has it for every
// socket that asks for the route.
probe::SendError send_error_on(bool has_route, int os_code) {
  return {.failure = has_route ? send_failure_of(os_code) : probe::SendFailure::unreachable,
          .os_code = os_code};
}

// A lack of memory then is not a full queue now, that would be worth another try; nor is a refusal
// a firewall's.
probe::SendError no_socket_error(int why) noexcept {
  const bool absent = why == 0 || why == EAFNOSUPPORT;  // this system has no such family
  return {.failure = absent ? probe::SendFailure::unreachable : probe::SendFailure::other,
          .os_code = absent ? EAFNOSUPPORT : why};
}

void Sender::send(Channel& channel, std::span<const probe::ProbeSpec> specs,
                  std::span<probe::SendReport> reports) {
  const int refused = channel.apply(specs.front().ip);
  batch_.clear();
  if (channel.shape().is_trace()) {
    learn_sources(channel, specs);
  }
  for (const probe::ProbeSpec& spec : specs) {
    encode(channel, spec);
  }
  const Instant at = clock_->now();
  for (std::size_t i = 0; i < specs.size(); ++i) {
    reports[i].id = specs[i].id;
    reports[i].at = at;
    reports[i].error.reset();
    if (refused != 0) {
      reports[i].error = probe::SendError{.failure = send_failure_of(refused), .os_code = refused};
    }
  }
  std::size_t done = refused != 0 ? specs.size() : 0;
  while (done < specs.size()) {
    const auto sent = batch_.send(channel.fd(), done, specs.size() - done);
    if (!sent) {
      reports[done].error = send_again(channel, specs[done], done, sent.error());
      remember(channel, specs.subspan(done, reports[done].error ? 0 : 1), done, at);
      ++done;
      continue;
    }
    remember(channel, specs.subspan(done, *sent), done, at);
    done += *sent;
    if (done < specs.size()) {
      (void)count_anew(channel);
    }
  }
}

void Sender::encode(Channel& channel, const probe::ProbeSpec& spec) {
  receiver_->expect(wire::kIcmpHeader + spec.payload.size());
  constexpr int kToWrite = 1;
  __builtin_prefetch(channel.recent().upcoming(batch_.size()), kToWrite);
  Staged& staged = staged_[batch_.size()];
  if (channel.shape().is_udp()) {
    encode_udp(channel, spec, staged);
  } else {
    encode_echo(channel, spec, staged);
  }
}

std::uint64_t Sender::write_payload(const Channel& channel, const probe::ProbeSpec& spec,
                                    const net::Address& destination, MutableBytes payload) {
  if (!payload.empty()) {
    std::memcpy(payload.data(), spec.payload.data(), payload.size());
  }
  return spec.authenticate ? sealer_->seal(spec.id, destination, channel.ident(), payload) : 0;
}

void Sender::encode_echo(Channel& channel, const probe::ProbeSpec& spec, Staged& staged) {
  const net::Address destination = effective_destination(spec.destination);
  Writer out(batch_.add(
      {.destination = destination, .flow_label = channel.flow_label(spec.flow), .ip = spec.ip},
      wire::kIcmpHeader + spec.payload.size()));
  const bool v4 = channel.family() == net::Family::v4;
  if (v4) {
    wire::encode_icmpv4_echo_header(channel.ident(), wire_sequence(spec.id), out);
  } else {
    wire::encode_icmpv6_echo_request(channel.ident(), wire_sequence(spec.id), {}, out);
  }
  staged.tag = write_payload(channel, spec, destination, out.reserve(spec.payload.size()));
  if (channel.shape().is_trace()) {
    const ShapedChecksum shaped =
        shape_echo(channel.shape(), spec, out.written(),
                   {.source = channel.sources().of(destination), .destination = destination});
    staged.balanced = shaped.balanced;
    staged.checksum = shaped.on_the_wire;
  }
  // The kernel fills in the checksums of IPv6 and of datagram sockets.
  if (v4 && channel.kind() == SocketKind::raw) {
    out.patch_u16(wire::kIcmpChecksumAt, wire::internet_checksum(out.written()));
  }
}

void Sender::encode_udp(Channel& channel, const probe::ProbeSpec& spec, Staged& staged) {
  const net::Address destination = effective_destination(spec.destination);
  const net::Port port = channel.shape().port_of(spec.id, spec.flow);
  const MutableBytes payload = batch_.add({.destination = destination,
                                           .port = port,
                                           .flow_label = channel.flow_label(spec.flow),
                                           .ip = spec.ip},
                                          spec.payload.size());
  staged.tag = write_payload(channel, spec, destination, payload);
  const ShapedChecksum shaped = shape_udp(channel.shape(), spec, payload,
                                          {.source = channel.sources().of(destination),
                                           .destination = destination,
                                           .source_port = net::Port(channel.ident().value),
                                           .destination_port = port});
  staged.balanced = shaped.balanced;
  staged.checksum = shaped.on_the_wire;
}

void Sender::remember(Channel& channel, std::span<const probe::ProbeSpec> specs, std::size_t first,
                      Instant at) {
  for (const probe::ProbeSpec& spec : specs) {
    probe::SentProbe& sent = channel.recent().next(at);
    sent.id = spec.id;
    sent.destination = effective_destination(spec.destination);
    sent.seq = channel.shape().key_of(spec.id);
    sent.authenticated = spec.authenticate;
    sent.answered = false;
    sent.payload = spec.compare ? spec.payload : Bytes{};
    sent.tag = staged_[first].tag;
    sent.balanced = staged_[first].balanced;
    sent.checksum = staged_[first++].checksum;
    sent.at = at;
  }
  if (channel.stamps() == Stamps::transmit_and_receive) {
    channel.keys().sent(specs.size());
  }
}

// One packet, at `index` of the batch, whose send failed with `os_code`. nullopt: it went out after
// all.
std::optional<probe::SendError> Sender::send_again(Channel& channel, const probe::ProbeSpec& spec,
                                                   std::size_t index, int os_code) {
  const bool raw = !channel.queues_errors();
  Drained drained = count_anew(channel);
  const bool own_fault = drained.local && drained.local->os_code == os_code;
  std::expected<std::size_t, int> sent = std::unexpected(os_code);
  if (raw && os_code == EMSGSIZE) {
    // A raw socket takes no part in IP_RECVERR otherwise: the errors of every other program's pings
    // would disturb its sends and fill its memory (they are in no filter's reach).
    channel.set_error_queue(true);
    sent = retry(channel, index, drained);
    channel.set_error_queue(false);
  } else if (!raw && !own_fault && may_be_pending(os_code)) {
    sent = retry(channel, index, drained);
  }
  if (sent) {
    return std::nullopt;
  }
  if (sent.error() == EINVAL) {
    return send_error_on(channel.has_route(effective_destination(spec.destination)), EINVAL);
  }
  probe::SendError error{.failure = send_failure_of(sent.error()), .os_code = sent.error()};
  if (error.failure == probe::SendFailure::too_big && drained.local && drained.local->info != 0) {
    error.mtu = net::Mtu(drained.local->info);
  }
  return error;
}

std::expected<std::size_t, int> Sender::retry(Channel& channel, std::size_t index,
                                              Drained& drained) {
  constexpr int kMost = 9;
  std::expected<std::size_t, int> sent = std::unexpected(0);
  bool heard_icmp = drained.icmp;
  int unexplained = 0;
  for (int attempt = 0; attempt < kMost; ++attempt) {
    // What came since the queue was emptied, or was too much to empty, would fail this send as
    // well.
    clear_pending_error(channel.fd());
    sent = batch_.send(channel.fd(), index, 1);
    if (sent) {
      return sent;
    }
    drained = count_anew(channel);
    heard_icmp = heard_icmp || drained.icmp;
    unexplained = drained.icmp ? 0 : unexplained + 1;
    const bool own_fault = drained.local && drained.local->os_code == sent.error();
    // The error of one that was taken from the queue just now may be told behind that.
    if (own_fault || unexplained == (heard_icmp ? 2 : 1) || !may_be_pending(sent.error())) {
      return sent;
    }
  }
  return channel.queues_errors() ? send_deaf(channel, index) : sent;
}

// Errors come faster than they can be cleared: for this send, the socket hears of none. What the
// queue holds is lost with that (ip(7), IP_RECVERR).
std::expected<std::size_t, int> Sender::send_deaf(Channel& channel, std::size_t index) {
  channel.set_error_queue(false);
  clear_pending_error(channel.fd());
  const auto sent = batch_.send(channel.fd(), index, 1);
  channel.set_error_queue(true);
  if (!sent) {
    channel.restart_stamp_keys();
  }
  return sent;
}

// sendmmsg(2) stopped at a packet, which it may have counted. The stamps of those before it are
// read first: their keys will be those of others.
Sender::Drained Sender::count_anew(Channel& channel) {
  const Drained drained = drain(channel);
  channel.restart_stamp_keys();
  return drained;
}

Sender::Drained Sender::drain(Channel& channel) {
  constexpr int kMostReads = 4;
  Drained drained;
  std::array<probe::Observation, SendBatch::kMessages> seen;
  for (int i = 0; i < kMostReads && backlog_.size() < kMostBacklog; ++i) {
    const auto read = receiver_->errors(channel, seen);
    if (!read) {
      break;
    }
    if (read->local) {
      drained.local = read->local;
    }
    drained.icmp = drained.icmp || read->icmp;
    std::move(seen.begin(), seen.begin() + static_cast<std::ptrdiff_t>(read->observations),
              std::back_inserter(backlog_));
    if (read->messages < seen.size()) {
      break;
    }
  }
  return drained;
}

}  // namespace sonde::transport
