#include "tests/support/sim_network.hpp"

#include <algorithm>

#include "sonde/wire/icmpv4.hpp"
#include "sonde/wire/icmpv6.hpp"

namespace sonde::test {
namespace {

constexpr std::uint8_t kInitialTtl = 64;
// RFC 1812 section 4.3.2.3: an ICMP error of at most 576 bytes. RFC 4443 section 2.4: of 1280.
constexpr std::size_t kV4Quote = 576 - 20 - 8;
constexpr std::size_t kV6Quote = 1280 - 40 - 8;

wire::IcmpType time_exceeded(net::Family family) {
  return {.type = family == net::Family::v4 ? wire::icmpv4::kTimeExceeded
                                            : wire::icmpv6::kTimeExceeded};
}

wire::IcmpType too_big(net::Family family) {
  if (family == net::Family::v4) {
    return {.type = wire::icmpv4::kDestinationUnreachable,
            .code = wire::icmpv4::kCodeFragmentationNeeded};
  }
  return {.type = wire::icmpv6::kPacketTooBig};
}

net::Ttl after_hops(std::uint8_t ttl, std::size_t hops) {
  return net::Ttl(static_cast<std::uint8_t>(ttl - std::min<std::size_t>(hops, ttl)));
}

// Keeps them in the order of arrival; those of one instant in the order they were added.
void add(std::vector<Delivery>& deliveries, Delivery delivery) {
  const auto place = std::ranges::upper_bound(deliveries, delivery.at, {}, &Delivery::at);
  deliveries.insert(place, std::move(delivery));
}

}  // namespace

// One request on its way: how far it came and when.
struct SimNetwork::Travel {
  EchoPacket request;
  Bytes bytes;
  Instant at;
  std::size_t hops = 0;
  [[nodiscard]] net::Family family() const { return request.ip.destination.family(); }
};

Duration SimNetwork::link(Duration delay, Duration jitter) {
  const auto span = static_cast<std::uint64_t>(jitter.count()) + 1;
  return delay + Duration(static_cast<Duration::rep>(rng_.below(span)));
}

Duration SimNetwork::way_back(std::size_t hops) {
  Duration sum{};
  for (std::size_t hop = 0; hop < hops; ++hop) {
    sum += link(model_.routers[hop].delay, model_.routers[hop].jitter);
  }
  return sum;
}

std::vector<Delivery> SimNetwork::inject(Bytes packet, Instant now) {
  auto request = parse_echo(packet);
  if (!request || request->icmp != echo_request_of(request->ip.destination.family())) {
    ++not_understood_;
    return {};
  }
  const Travel start{.request = std::move(*request), .bytes = packet, .at = now};
  std::vector<Delivery> out;
  for (Host& host : model_.hosts) {
    const net::Address& wanted = start.request.ip.destination;
    if (host.address.of(wanted.family()) != wanted &&
        std::ranges::find(host.groups, wanted) == host.groups.end()) {
      continue;
    }
    Travel travel = start;
    const std::size_t hops =
        std::min(host.hops.value_or(model_.routers.size()), model_.routers.size());
    bool arrives = true;
    for (std::size_t hop = 0; hop < hops && arrives; ++hop) {
      arrives = !stopped(hop, travel, out);
    }
    if (arrives) {
      deliver(host, travel, out);
    }
  }
  return out;
}

bool SimNetwork::stopped(std::size_t hop, Travel& travel, std::vector<Delivery>& out) {
  const Router& router = model_.routers[hop];
  travel.at += link(router.delay, router.jitter);
  travel.hops = hop + 1;
  if (travel.request.ip.ttl.value <= travel.hops) {
    send_error(hop, travel, {.icmp = time_exceeded(travel.family())}, out);
    return true;
  }
  const bool fits =
      !router.mtu || travel.bytes.size() <= router.mtu->value || !travel.request.ip.dont_fragment;
  if (!fits && !router.black_hole) {
    send_error(hop, travel, {.icmp = too_big(travel.family()), .info = router.mtu->value}, out);
  }
  return !fits;
}

bool SimNetwork::may_complain(std::size_t hop, Instant now) {
  const Router& router = model_.routers[hop];
  if (router.silent || (router.error_interval && last_error_[hop] &&
                        now - *last_error_[hop] < *router.error_interval)) {
    return false;
  }
  last_error_[hop] = now;
  return true;
}

void SimNetwork::send_error(std::size_t hop, const Travel& travel, const ErrorKind& kind,
                            std::vector<Delivery>& out) {
  const Router& router = model_.routers[hop];
  const auto& source = router.address.of(travel.family());
  if (!source || !may_complain(hop, travel.at)) {
    return;
  }
  const bool v4 = travel.family() == net::Family::v4;
  // The router quotes the header as it came in.
  PacketBytes quoted =
      with_ttl(travel.bytes, after_hops(travel.request.ip.ttl.value, travel.hops - 1));
  quoted.resize(std::min(quoted.size(), router.quote_bytes.value_or(v4 ? kV4Quote : kV6Quote)));
  const ErrorPacket error{.ip = {.source = *source,
                                 .destination = travel.request.ip.source,
                                 .ttl = after_hops(kInitialTtl, hop)},
                          .icmp = kind.icmp,
                          .info = kind.info,
                          .quoted = std::move(quoted),
                          .extensions = router.extensions};
  add(out, {.at = travel.at + way_back(travel.hops), .packet = encode(error)});
}

void SimNetwork::deliver(Host& host, const Travel& travel, std::vector<Delivery>& out) {
  const auto& address = host.address.of(travel.family());
  if (!address) {
    return;
  }
  const Instant arrived = travel.at + link(host.delay, host.jitter);
  EchoPacket reply = travel.request;
  reply.ip.source = *address;
  reply.ip.destination = travel.request.ip.source;
  reply.ip.ttl = after_hops(kInitialTtl, travel.hops);
  reply.icmp = echo_reply_of(travel.family());
  Exchange exchange{.request = travel.request,
                    .request_bytes = travel.bytes,
                    .host = *address,
                    .rng = rng_,
                    .answers = {}};
  exchange.answers.push_back({.content = std::move(reply)});
  for (Rule& rule : host.rules) {
    if (applies(rule.when, travel.request.seq)) {
      rule.what(exchange);
    }
  }
  for (const Answer& answer : exchange.answers) {
    const Duration back = link(host.delay, host.jitter) + way_back(travel.hops);
    add(out, {.at = arrived + answer.delay + back, .packet = encode(answer)});
  }
}

bool SimNetwork::applies(When& when, net::IcmpSeq seq) {
  if (when.burst) {
    const double odds = when.burst->bad ? when.burst->leave : when.burst->enter;
    when.burst->bad = (rng_.unit() < odds) != when.burst->bad;
    if (!when.burst->bad) {
      return false;
    }
  }
  const bool named = when.seqs.empty() || std::ranges::any_of(when.seqs, [&](const auto& range) {
                       return range.first <= seq.value && seq.value <= range.second;
                     });
  return named && (!when.ratio || rng_.unit() < *when.ratio);
}

}  // namespace sonde::test
