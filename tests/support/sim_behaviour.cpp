#include "tests/support/sim_behaviour.hpp"

#include <algorithm>
#include <utility>

namespace sonde::test {
namespace {

// A behaviour that changes each echo reply.
template <typename Change>
Behaviour each_echo(Change change) {
  return [change](Exchange& exchange) {
    for (Answer& answer : exchange.answers) {
      if (auto* echo = std::get_if<EchoPacket>(&answer.content)) {
        change(*echo, exchange);
      }
    }
  };
}

template <typename Change>
Behaviour each_answer(Change change) {
  return [change](Exchange& exchange) {
    for (Answer& answer : exchange.answers) {
      change(answer, exchange);
    }
  };
}

Answer error_answer(const ErrorKind& kind, const Exchange& exchange) {
  return {.delay = kind.delay,
          .content = ErrorPacket{
              .ip = {.source = kind.from.value_or(exchange.host),
                     .destination = exchange.request.ip.source},
              .icmp = kind.icmp,
              .info = kind.info,
              .quoted = {exchange.request_bytes.begin(), exchange.request_bytes.end()}}};
}

IpFields from_host(const Exchange& exchange) {
  return {.source = exchange.host, .destination = exchange.request.ip.source};
}

Duration up_to(Rng& rng, Duration most) {
  return Duration(
      static_cast<Duration::rep>(rng.below(static_cast<std::uint64_t>(most.count()) + 1)));
}

void randomize(PacketBytes& bytes, Rng& rng) {
  for (std::byte& b : bytes) {
    b = static_cast<std::byte>(rng.next());
  }
}

void tell(behaviour::QuoteLie lie, EchoPacket& quoted, Rng& rng) {
  constexpr std::uint16_t kFarAway = 500;  // from any sequence that a scenario sends
  switch (lie) {
    case behaviour::QuoteLie::ident:
      quoted.ident = net::IcmpIdent(static_cast<std::uint16_t>(quoted.ident.value + 1));
      break;
    case behaviour::QuoteLie::sequence:
      quoted.seq = net::IcmpSeq(static_cast<std::uint16_t>(quoted.seq.value + kFarAway));
      break;
    case behaviour::QuoteLie::token:
    case behaviour::QuoteLie::cut:
      randomize(quoted.payload, rng);
      break;
    case behaviour::QuoteLie::zeros:
      std::ranges::fill(quoted.payload, std::byte{0});
      break;
  }
}

}  // namespace

namespace behaviour {

Behaviour lose() {
  return [](Exchange& exchange) { exchange.answers.clear(); };
}

Behaviour delay(Duration by, Duration jitter) {
  return each_answer([=](Answer& answer, Exchange& exchange) {
    answer.delay += by + up_to(exchange.rng, jitter);
  });
}

Behaviour duplicate(std::size_t copies, Duration gap) {
  return [=](Exchange& exchange) {
    const std::vector<Answer> originals = exchange.answers;
    for (std::size_t copy = 1; copy <= copies; ++copy) {
      for (Answer again : originals) {
        again.delay += static_cast<Duration::rep>(copy) * gap;
        exchange.answers.push_back(std::move(again));
      }
    }
  };
}

Behaviour ttl(net::Ttl ttl) {
  return each_echo([=](EchoPacket& echo, Exchange&) { echo.ip.ttl = ttl; });
}

Behaviour other_source(const net::Address& source) {
  return each_echo([=](EchoPacket& echo, Exchange&) { echo.ip.source = source; });
}

Behaviour corrupt(std::size_t offset, std::byte mask) {
  return each_echo([=](EchoPacket& echo, Exchange&) { echo.payload.at(offset) ^= mask; });
}

Behaviour invert_from(std::size_t offset) {
  return each_echo([=](EchoPacket& echo, Exchange&) {
    for (std::size_t i = offset; i < echo.payload.size(); ++i) {
      echo.payload[i] = ~echo.payload[i];
    }
  });
}

Behaviour fill(std::byte value, std::size_t from, std::size_t to) {
  return each_echo([=](EchoPacket& echo, Exchange&) {
    for (std::size_t i = from; i < std::min(to, echo.payload.size()); ++i) {
      echo.payload[i] = value;
    }
  });
}

Behaviour add_to_word(std::uint64_t value) {
  return each_echo([=](EchoPacket& echo, Exchange&) {
    const std::uint64_t word = Reader(echo.payload).u64();
    Writer(echo.payload).u64(word + value);
  });
}

Behaviour resize(std::size_t payload_bytes) {
  return each_echo([=](EchoPacket& echo, Exchange&) { echo.payload.resize(payload_bytes); });
}

Behaviour random_payload() {
  return each_echo(
      [](EchoPacket& echo, Exchange& exchange) { randomize(echo.payload, exchange.rng); });
}

Behaviour fixed_sequence(net::IcmpSeq seq) {
  return each_echo([=](EchoPacket& echo, Exchange&) { echo.seq = seq; });
}

Behaviour shift_sequence(std::uint16_t by) {
  return each_echo([=](EchoPacket& echo, Exchange&) {
    echo.seq = net::IcmpSeq(static_cast<std::uint16_t>(echo.seq.value + by));
  });
}

Behaviour shift_ident(std::uint16_t by) {
  return each_echo([=](EchoPacket& echo, Exchange&) {
    echo.ident = net::IcmpIdent(static_cast<std::uint16_t>(echo.ident.value + by));
  });
}

Behaviour bad_checksum() {
  return each_answer([](Answer& answer, Exchange&) { answer.bad_checksum = true; });
}

Behaviour cut(std::size_t icmp_bytes) {
  return each_answer([=](Answer& answer, Exchange&) { answer.icmp_bytes = icmp_bytes; });
}

Behaviour icmp_type(wire::IcmpType icmp) {
  return each_echo([=](EchoPacket& echo, Exchange&) { echo.icmp = icmp; });
}

Behaviour error(const ErrorKind& kind) {
  return [=](Exchange& exchange) { exchange.answers = {error_answer(kind, exchange)}; };
}

Behaviour also_error(const ErrorKind& kind) {
  return [=](Exchange& exchange) {
    exchange.answers.insert(exchange.answers.begin(), error_answer(kind, exchange));
  };
}

Behaviour strange_error(const ErrorKind& kind, QuoteLie lie) {
  return [=](Exchange& exchange) {
    EchoPacket other = exchange.request;
    tell(lie, other, exchange.rng);
    Answer answer = error_answer(kind, exchange);
    PacketBytes& quoted = std::get<ErrorPacket>(answer.content).quoted = encode(other);
    if (lie == QuoteLie::cut) {
      quoted.resize(icmp_offset(quoted) + wire::kIcmpHeader);
    }
    exchange.answers.push_back(std::move(answer));
  };
}

Behaviour garbage(std::size_t icmp_bytes) {
  return [=](Exchange& exchange) {
    PacketBytes icmp(icmp_bytes);
    randomize(icmp, exchange.rng);
    if (!icmp.empty()) {  // of a kind that is looked at
      icmp[0] = static_cast<std::byte>(echo_reply_of(exchange.host.family()).type);
    }
    exchange.answers.push_back({.content = encode_icmp(from_host(exchange), std::move(icmp))});
  };
}

Behaviour stranger() {
  return [](Exchange& exchange) {
    EchoPacket echo = exchange.request;
    echo.ip = from_host(exchange);
    echo.icmp = echo_reply_of(exchange.host.family());
    echo.ident = net::IcmpIdent(static_cast<std::uint16_t>(echo.ident.value + 1));
    exchange.answers.push_back({.content = std::move(echo)});
  };
}

}  // namespace behaviour

PacketBytes encode(const Answer& answer) {
  PacketBytes packet = std::visit(
      [](const auto& content) -> PacketBytes {
        if constexpr (std::is_same_v<std::decay_t<decltype(content)>, PacketBytes>) {
          return content;
        } else {
          return encode(content);
        }
      },
      answer.content);
  if (answer.bad_checksum) {
    spoil_checksum(packet);
  }
  return answer.icmp_bytes ? cut_icmp(packet, *answer.icmp_bytes) : packet;
}

}  // namespace sonde::test
