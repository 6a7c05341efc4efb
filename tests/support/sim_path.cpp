#include "tests/support/sim_path.hpp"

#include <algorithm>
#include <functional>
#include <tuple>

#include "sonde/wire/icmpv4.hpp"
#include "sonde/wire/icmpv6.hpp"
#include "tests/support/sim_datagram.hpp"

namespace sonde::test {
namespace {

// RFC 1812 section 4.3.2.3: an ICMP error of at most 576 bytes. RFC 4443 section 2.4: of 1280.
constexpr std::size_t kV4Quote = 576 - 20 - 8;
constexpr std::size_t kV6Quote = 1280 - 40 - 8;
constexpr std::size_t kLongestRoute = 256;

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

wire::IcmpType port_unreachable(net::Family family) {
  constexpr std::uint8_t kV4Code = 3;
  constexpr std::uint8_t kV6Code = 4;
  return family == net::Family::v4
             ? wire::IcmpType{.type = wire::icmpv4::kDestinationUnreachable, .code = kV4Code}
             : wire::IcmpType{.type = wire::icmpv6::kDestinationUnreachable, .code = kV6Code};
}

// Keeps them in the order of arrival.
void add(std::vector<Delivery>& deliveries, Delivery delivery) {
  const auto place = std::ranges::upper_bound(deliveries, delivery.at, {}, &Delivery::at);
  deliveries.insert(place, std::move(delivery));
}

}  // namespace

// A packet on its way: as it is now, how far it came, when, and how long that took.
struct SimPath::Travel {
  PacketBytes packet;
  net::Address sender;  // we, before any NAT
  unsigned ttl = 0;     // that it arrives with
  std::size_t hops = 0;
  Instant at;
  Duration way{};
  // Where each router was met first: from there its answers go straight back, however often the
  // packet has been round.
  std::map<const PathRouter*, std::pair<std::size_t, Duration>> met{};
  [[nodiscard]] net::Family family() const { return sender.family(); }
};

// What goes back, but for its TTL.
struct SimPath::Answer {
  IpFields ip;
  wire::IcmpType icmp;
  std::function<PacketBytes(const IpFields&)> encode{};
};

Duration SimPath::link(Duration delay, Duration jitter) {
  const auto span = static_cast<std::uint64_t>(jitter.count()) + 1;
  return delay + Duration(static_cast<Duration::rep>(rng_.below(span)));
}

const std::vector<PathRouter>& SimPath::branch_of(std::size_t segment, const Travel& travel) {
  const PathSegment& s = model_.segments[segment];
  if (s.branches.size() == 1) {
    return s.branches.front();
  }
  const std::uint64_t choice =
      s.balance == Balance::packet
          ? rng_.next()
          : flow_hash(*parse_datagram(travel.packet), model_.seed * kLongestRoute + segment);
  return s.branches[choice % s.branches.size()];
}

std::vector<Delivery> SimPath::inject(Bytes packet, Instant now) {
  out_.clear();
  const auto datagram = parse_datagram(packet);
  if (!datagram) {
    return {};
  }
  log_.push_back({.ttl = datagram->ip.ttl, .sent = now});
  if (model_.host.address.of(datagram->ip.destination.family()) != datagram->ip.destination) {
    return {};
  }
  Travel travel{.packet = {packet.begin(), packet.end()},
                .sender = datagram->ip.source,
                .ttl = datagram->ip.ttl.value,
                .at = now};
  for (std::size_t segment = 0; segment < model_.segments.size(); ++segment) {
    const std::vector<PathRouter>& branch = branch_of(segment, travel);
    do {
      for (const PathRouter& router : branch) {
        if (stopped(router, travel)) {
          return std::move(out_);
        }
      }
    } while (model_.segments[segment].loop && travel.hops < kLongestRoute);
  }
  arrive(travel);
  return std::move(out_);
}

bool SimPath::stopped(const PathRouter& router, Travel& travel) {
  const Duration passed = link(router.delay, router.jitter);
  travel.at += passed;
  travel.way += passed;
  ++travel.hops;
  travel.met.try_emplace(&router, travel.hops, travel.way);
  log_.back().route.push_back(router.address.of(travel.family()).value_or(net::Address{}));
  if (travel.ttl == 0 || (travel.ttl == 1 && !router.passes_zero)) {
    complain(router, travel, {.ip = {}, .icmp = time_exceeded(travel.family())});
    return true;
  }
  if (router.refuses) {
    complain(router, travel, {.ip = {}, .icmp = router.refuses->of(travel.family())});
  }
  if (router.refuses || router.swallows) {
    return true;
  }
  const bool fits = !router.mtu || travel.packet.size() <= router.mtu->value ||
                    !parse_datagram(travel.packet)->ip.dont_fragment;
  if (!fits && router.complaint != MtuComplaint::none) {
    const std::uint32_t named = router.complaint == MtuComplaint::named ? router.mtu->value : 0;
    complain(router, travel, {.ip = {}, .icmp = too_big(travel.family()), .info = named});
  }
  --travel.ttl;
  if (const auto& source = router.nat ? router.nat->of(travel.family()) : std::nullopt) {
    travel.packet = with_source(travel.packet, *source);
  }
  if (router.tos) {
    travel.packet = with_tos(travel.packet, *router.tos);
  }
  return !fits;
}

void SimPath::complain(const PathRouter& router, const Travel& travel, ErrorPacket error) {
  const auto& source = router.address.of(travel.family());
  if (!source) {
    return;
  }
  const bool v4 = travel.family() == net::Family::v4;
  error.quoted = with_ttl(travel.packet, net::Ttl(static_cast<std::uint8_t>(travel.ttl)));
  error.quoted.resize(
      std::min(error.quoted.size(), router.quote_bytes.value_or(v4 ? kV4Quote : kV6Quote)));
  error.layout = router.layout;
  // RFC 4884 section 4: "packet too big" has no length attribute, and no extensions.
  if (v4 || error.icmp.type != wire::icmpv6::kPacketTooBig) {
    error.extensions = router.extensions;
  }
  Travel straight = travel;
  std::tie(straight.hops, straight.way) = travel.met.at(&router);
  say(router.voice, straight,
      {.ip = {.source = *source, .destination = travel.sender},
       .icmp = error.icmp,
       .encode = [&error](const IpFields& ip) {
         error.ip = ip;
         return encode(error);
       }});
}

void SimPath::arrive(Travel& travel) {
  const PathHost& host = model_.host;
  const Duration passed = link(host.delay, host.jitter);
  travel.at += passed;
  travel.way += passed;
  ++travel.hops;
  const net::Family family = travel.family();
  const Datagram arrived = parse_datagram(travel.packet).value();
  const auto& other = host.other_source ? host.other_source->of(family) : std::nullopt;
  Answer answer{
      .ip = {.source = other.value_or(arrived.ip.destination), .destination = travel.sender},
      .icmp = echo_reply_of(family)};
  const auto echo = parse_echo(travel.packet);
  const bool expired = travel.ttl == 0 || travel.ttl <= host.exceeded;
  if (expired || host.refuses || arrived.protocol == net::kUdp) {
    answer.icmp = expired        ? time_exceeded(family)
                  : host.refuses ? host.refuses->of(family)
                                 : port_unreachable(family);
    answer.encode = [&](const IpFields& ip) {
      PacketBytes quoted = with_ttl(travel.packet, net::Ttl(static_cast<std::uint8_t>(travel.ttl)));
      quoted.resize(std::min(quoted.size(), family == net::Family::v4 ? kV4Quote : kV6Quote));
      return encode(ErrorPacket{.ip = ip, .icmp = answer.icmp, .quoted = std::move(quoted)});
    };
  } else if (arrived.protocol == net::kTcp) {
    answer.encode = [&](const IpFields& ip) { return tcp_reset(arrived, ip); };
  } else if (echo) {
    answer.encode = [&](const IpFields& ip) {
      EchoPacket reply = *echo;
      reply.ip = ip;
      reply.icmp = echo_reply_of(family);
      return encode(reply);
    };
  } else {
    return;
  }
  say(host.voice, travel, answer);
}

bool SimPath::may_speak(const Voice& voice, Instant now) {
  if (voice.silent || (voice.loss > 0 && rng_.unit() < voice.loss)) {
    return false;
  }
  if (voice.interval) {
    const Duration most = *voice.interval * voice.burst;
    const Credit fresh{.last = now, .saved = voice.spent ? Duration::zero() : most};
    Credit& credit = credit_.try_emplace(&voice, fresh).first->second;
    credit.saved = std::min(most, credit.saved + (now - credit.last));
    credit.last = now;
    if (credit.saved < *voice.interval) {
      return false;
    }
    credit.saved -= *voice.interval;
  }
  return true;
}

void SimPath::say(const Voice& voice, const Travel& travel, const Answer& answer) {
  if (!may_speak(voice, travel.at)) {
    return;
  }
  const std::size_t back = voice.back_hops.value_or(static_cast<std::uint8_t>(travel.hops - 1));
  IpFields ip = answer.ip;
  ip.ttl = net::Ttl(static_cast<std::uint8_t>(voice.initial_ttl -
                                              std::min<std::size_t>(back, voice.initial_ttl)));
  const Duration slow = link(voice.slow, voice.slow_jitter);
  for (unsigned copy = 0; copy <= voice.copies; ++copy) {
    const Instant at = travel.at + slow + travel.way + voice.back_delay + copy * 1ms;
    log_.back().words.push_back({.at = at, .from = ip.source, .icmp = answer.icmp});
    add(out_, {.at = at, .packet = answer.encode(ip)});
  }
}

}  // namespace sonde::test
