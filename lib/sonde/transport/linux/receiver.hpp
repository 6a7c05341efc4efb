// receiver.hpp: reads a channel's queues, packets and errors, into Observations.
// packets(): echo replies and datagrams, and for raw sockets ICMP errors. errors(): transmit
// stamps, and for other sockets ICMP errors (raw sockets have them as packets: one in the error
// queue would be the same error again). Each is one system call for at most 64 messages. Packets
// that are not ours go into the reject counts, never into the result.
#pragma once

#include <cstddef>
#include <expected>
#include <optional>
#include <span>
#include <vector>

#include "sonde/base/clock.hpp"
#include "sonde/net/fields.hpp"
#include "sonde/probe/observation.hpp"
#include "sonde/probe/token.hpp"
#include "sonde/transport/interpret.hpp"
#include "sonde/transport/linux/ancillary.hpp"
#include "sonde/transport/linux/channel.hpp"
#include "sonde/transport/linux/receive_batch.hpp"
#include "sonde/transport/matcher.hpp"
#include "sonde/wire/ipv4.hpp"

namespace sonde::transport {

class Receiver {
 public:
  struct Read {
    std::size_t messages = 0;      // taken out of the queue
    bool maybe_more = false;       // it may hold more
    std::size_t observations = 0;  // of them ours, written to `out`
    // errors(): the last local error, which belongs to a send call that failed.
    std::optional<QueuedError> local{};
    bool icmp = false;  // errors(): there was an ICMP error, of a probe of ours or not
  };

  Receiver(const Clock& clock, const probe::TokenSealer& sealer, SourceRule source_rule)
      : clock_(&clock),
        sealer_(&sealer),
        source_rule_(source_rule),
        read_times_(read_both(clock)) {}

  // At most out.size() messages are read, so that nothing read needs to be kept. The error is the
  // errno; EAGAIN: the queue is empty.
  [[nodiscard, gnu::hot]] std::expected<Read, int> packets(Channel& channel, const Inlet& inlet,
                                                           std::span<probe::Observation> out);
  [[nodiscard]] std::expected<Read, int> errors(Channel& channel,
                                                std::span<probe::Observation> out);
  // A probe of this size (ICMP header and payload) is about to be sent.
  void expect(std::size_t message_size) { batch_.make_room(wire::kIpv4MaxHeader + message_size); }
  // So many probes went out: about as many packets come back.
  void expect_replies(std::size_t probes) noexcept { batch_.expect(probes); }
  [[nodiscard]] const probe::RejectCounts& rejects() const noexcept { return rejects_; }

 private:
  [[nodiscard]] Matcher matcher_of(Channel& channel) const noexcept;
  [[nodiscard]] ReadTime read_time(const Channel& channel) noexcept;
  // One message of the error queue.
  struct Entry {
    std::size_t index;
    const Ancillary& ancillary;
    const QueuedError& error;
  };
  // Whether it tells of a probe of ours; then `seen` says what.
  [[nodiscard]] bool queued(Channel& channel, const Entry& entry, const ReadTime& now,
                            probe::Observation& seen);
  [[nodiscard]] static bool transmitted(Channel& channel, const Entry& entry, const ReadTime& now,
                                        probe::Observation& seen);

  const Clock* clock_;
  const probe::TokenSealer* sealer_;
  SourceRule source_rule_;
  ReceiveBatch batch_;
  ReadTimes read_times_;
  probe::RejectCounts rejects_;
};

}  // namespace sonde::transport
