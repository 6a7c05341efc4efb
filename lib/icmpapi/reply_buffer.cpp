#include "icmpapi/reply_buffer.hpp"

#include <ipexport.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstring>
#include <limits>
#include <utility>

namespace sonde::icmpapi {
namespace {

constexpr std::size_t kOptionAlignment = 4;

std::size_t padded(std::size_t size) noexcept {
  return (size + kOptionAlignment - 1) / kOptionAlignment * kOptionAlignment;
}

std::size_t extent_of(const Answer& answer) noexcept {
  return padded(answer.header_options().size()) + answer.payload().size();
}

std::uint32_t milliseconds(Duration rtt) noexcept {
  const auto count = std::chrono::duration_cast<std::chrono::milliseconds>(rtt).count();
  return static_cast<std::uint32_t>(
      std::clamp<std::int64_t>(count, 0, std::numeric_limits<std::uint32_t>::max()));
}

// The caller's buffer may begin anywhere, so structures are made beside it and copied.
template <typename Structure>
void store(std::byte* at, const Structure& value) noexcept {
  std::memcpy(at, &value, sizeof value);
}

void copy(std::byte* at, Bytes data) noexcept {
  if (!data.empty()) {
    std::memcpy(at, data.data(), data.size());
  }
}

// A structure at any address, field by field: one that was made beside it and then copied costs a
// stall for each word of it.
class StructureWriter {
 public:
  explicit StructureWriter(std::byte* at) noexcept : at_(at) {}
  template <typename Field>
  void put(std::size_t offset, Field value) const noexcept {
    std::memcpy(at_ + offset, static_cast<const void*>(&value), sizeof value);
  }

 private:
  std::byte* at_;
};

// What stands behind the structures for one of them.
struct Tail {
  std::byte* at;
  Bytes options;
  Bytes payload;
};

void store_v4(StructureWriter reply, const Answer& answer, const Tail& tail, std::size_t count) {
  IPAddr address = 0;
  std::memcpy(&address, answer.responder.bytes().data(), sizeof address);
  reply.put(offsetof(ICMP_ECHO_REPLY, Address), address);
  reply.put(offsetof(ICMP_ECHO_REPLY, Status), static_cast<ULONG>(answer.status));
  reply.put(offsetof(ICMP_ECHO_REPLY, RoundTripTime), ULONG{milliseconds(answer.rtt)});
  reply.put(offsetof(ICMP_ECHO_REPLY, DataSize), static_cast<USHORT>(tail.payload.size()));
  reply.put(offsetof(ICMP_ECHO_REPLY, Reserved), static_cast<USHORT>(count));
  reply.put(offsetof(ICMP_ECHO_REPLY, Data), tail.at + padded(tail.options.size()));
  reply.put(offsetof(ICMP_ECHO_REPLY, Options.Ttl), answer.ttl.value);
  reply.put(offsetof(ICMP_ECHO_REPLY, Options.Tos), answer.tos.value);
  reply.put(offsetof(ICMP_ECHO_REPLY, Options.Flags),
            answer.dont_fragment ? UCHAR{IP_FLAG_DF} : UCHAR{0});
  reply.put(offsetof(ICMP_ECHO_REPLY, Options.OptionsSize),
            static_cast<UCHAR>(tail.options.size()));
  reply.put(offsetof(ICMP_ECHO_REPLY, Options.OptionsData),
            tail.options.empty() ? nullptr : tail.at);
}

}  // namespace

Bytes Answer::payload() const noexcept {
  return as_sent.empty() && extras ? Bytes(extras->payload) : as_sent;
}

Bytes Answer::header_options() const noexcept {
  return extras ? extras->header_options.bytes() : Bytes{};
}

void take_answer(probe::Observation& seen, Instant sent_at, Bytes sent, Answer& answer) {
  const bool same =
      seen.kind == probe::ObservationKind::reply && !seen.corruption && !seen.truncated;
  answer.responder = seen.responder;
  answer.status = seen.status;
  answer.rtt = std::max(seen.at - sent_at, Duration::zero());
  answer.ttl = seen.ttl.value_or(net::Ttl{});
  answer.tos = seen.tos.value_or(net::Tos{});
  answer.dont_fragment = seen.dont_fragment;
  answer.as_sent = same ? sent : Bytes{};
  answer.extras = std::exchange(seen.extras, nullptr);
}

std::size_t reply_structure_size(net::Family family) noexcept {
  return family == net::Family::v4 ? sizeof(ICMP_ECHO_REPLY) : sizeof(ICMPV6_ECHO_REPLY);
}

bool ReplyBuffer::has_room_for(std::span<const Answer> answers) const noexcept {
  if (family_ == net::Family::v6 || answers.empty()) {
    return answers.empty();
  }
  std::size_t used = sizeof(ICMP_ECHO_REPLY) + extent_of(answers.back());
  for (const Answer& answer : answers) {
    used += sizeof(ICMP_ECHO_REPLY) + extent_of(answer);
  }
  return used <= size_;
}

ReplyBuffer::Written ReplyBuffer::write(std::span<const Answer> answers, probe::Status none,
                                        bool leave_count) const {
  return family_ == net::Family::v4 ? write_v4(answers, none, leave_count)
                                    : write_v6(answers, none);
}

ReplyBuffer::Written ReplyBuffer::write_v4(std::span<const Answer> answers, probe::Status none,
                                           bool leave_count) const {
  constexpr std::size_t kStructure = sizeof(ICMP_ECHO_REPLY);
  if (answers.empty()) {
    ICMP_ECHO_REPLY reply{};
    reply.Status = static_cast<ULONG>(none);
    store(data_, reply);
    return {.count = 0, .error = reply.Status, .bytes = kStructure};
  }
  std::size_t count = 1;
  std::size_t used = kStructure + extent_of(answers[0]);
  while (count < answers.size() && used + kStructure + extent_of(answers[count]) <= size_) {
    used += kStructure + extent_of(answers[count++]);
  }
  std::size_t at = count * kStructure;
  for (std::size_t i = 0; i < count; ++i) {
    const Answer& answer = answers[i];
    Tail tail{.at = data_ + at, .options = answer.header_options(), .payload = answer.payload()};
    tail.payload = tail.payload.first(std::min(tail.payload.size(), size_ - at));
    if (padded(tail.options.size()) + tail.payload.size() > size_ - at) {
      tail.options = {};
    }
    store_v4(StructureWriter(data_ + i * kStructure), answer, tail,
             leave_count && i == 0 ? count : 0);
    copy(tail.at, tail.options);
    copy(tail.at + padded(tail.options.size()), tail.payload);
    at += padded(tail.options.size()) + tail.payload.size();
  }
  return {.count = static_cast<DWORD>(count), .error = 0, .bytes = at};
}

ReplyBuffer::Written ReplyBuffer::write_v6(std::span<const Answer> answers,
                                           probe::Status none) const {
  ICMPV6_ECHO_REPLY reply{};
  if (answers.empty()) {
    reply.Status = static_cast<ULONG>(none);
    store(data_, reply);
    return {.count = 0, .error = reply.Status, .bytes = sizeof reply};
  }
  const Answer& answer = answers[0];
  std::memcpy(static_cast<void*>(&reply.Address.sin6_addr), answer.responder.bytes().data(),
              sizeof reply.Address.sin6_addr);
  reply.Address.sin6_scope_id = answer.responder.zone();
  reply.Status = static_cast<ULONG>(answer.status);
  reply.RoundTripTime = milliseconds(answer.rtt);
  store(data_, reply);
  const Bytes payload =
      answer.payload().first(std::min(answer.payload().size(), size_ - sizeof reply));
  copy(data_ + sizeof reply, payload);
  const bool counts =
      reply.Status == IP_SUCCESS || reply.Status == static_cast<ULONG>(IP_HOP_LIMIT_EXCEEDED);
  return {.count = counts ? 1U : 0U,
          .error = counts ? 0 : reply.Status,
          .bytes = sizeof reply + payload.size()};
}

}  // namespace sonde::icmpapi
