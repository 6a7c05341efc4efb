// reply_buffer.hpp: answers as they stand in the caller's reply buffer.
// IPv4: [ICMP_ECHO_REPLY 0] .. [k-1], then for each its options (padded to 4 bytes) and its
// payload; pointers are into the buffer. IPv6: one ICMPV6_ECHO_REPLY, the payload behind it. Never
// a byte behind the buffer's size. The first answer is always there, its options left out and its
// payload cut if they do not fit; a further one only if all of it fits.
#pragma once

#include <windef.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "sonde/base/bytes.hpp"
#include "sonde/base/time.hpp"
#include "sonde/net/address.hpp"
#include "sonde/net/fields.hpp"
#include "sonde/probe/observation.hpp"
#include "sonde/probe/status.hpp"

namespace sonde::icmpapi {

struct Answer {
  net::Address responder{};
  probe::Status status = probe::Status::success;
  Duration rtt{};
  net::Ttl ttl{};
  Bytes as_sent{};  // the payload, if it is the one that was sent
  bool dont_fragment = false;
  net::Tos tos{};  // not beside `ttl`: two that were written apart, read at once, cost a stall
  std::shared_ptr<const probe::ObservationExtras> extras{};  // another payload; header options

  [[nodiscard]] Bytes payload() const noexcept;
  [[nodiscard]] Bytes header_options() const noexcept;
};

// An echo reply or an ICMP error; the extras are moved out of the observation. `sent`: the payload
// that a reply was compared with, which must live as long as the answer; empty if it was not.
void take_answer(probe::Observation& seen, Instant sent_at, Bytes sent, Answer& answer);

class ReplyBuffer {
 public:
  ReplyBuffer(void* data, std::size_t size, net::Family family) noexcept
      : data_(static_cast<std::byte*>(data)),
        size_(static_cast<std::uint32_t>(size)),
        family_(family) {}

  [[nodiscard]] net::Family family() const noexcept { return family_; }
  // Do these answers fit, and one more like the last?
  [[nodiscard]] bool has_room_for(std::span<const Answer> answers) const noexcept;

  struct Written {
    DWORD count = 0;  // what a synchronous call returns
    DWORD error = 0;  // the last error that goes with 0
    std::size_t bytes = 0;
  };
  // `none`: the status that stands in the buffer when there is no answer.
  // `leave_count`: for IcmpParseReplies(), in the first Reserved.
  [[nodiscard]] Written write(std::span<const Answer> answers, probe::Status none,
                              bool leave_count) const;

 private:
  [[nodiscard]] Written write_v4(std::span<const Answer> answers, probe::Status none,
                                 bool leave_count) const;
  [[nodiscard]] Written write_v6(std::span<const Answer> answers, probe::Status none) const;

  std::byte* data_;
  std::uint32_t size_;
  net::Family family_;
};

// sizeof ICMP_ECHO_REPLY or ICMPV6_ECHO_REPLY
[[nodiscard]] std::size_t reply_structure_size(net::Family family) noexcept;

}  // namespace sonde::icmpapi
