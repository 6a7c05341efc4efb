// pending.hpp: an asynchronous request from the call to its completion.
// Its size is what ten thousand of them cost: what only sending needs is let go of once it is sent.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "icmpapi/lane.hpp"
#include "icmpapi/process.hpp"
#include "icmpapi/reply_buffer.hpp"
#include "icmpapi/thread.hpp"
#include "sonde/base/time.hpp"

namespace sonde::icmpapi {

// Who is told, and how: an Event, or with a routine its Thread.
struct Completion {
  IcmpFile* file = nullptr;  // which is not closed before it is left
  std::shared_ptr<void> listener;
  std::list<QueuedRoutine> routine;  // one, ready to be queued, or none
};

// Tells them, and leaves the file. Does not allocate.
void announce(Completion& completion, std::size_t bytes) noexcept;

// What is to be sent, with header options and payload behind it in one piece of memory.
class Outbound {
 public:
  [[nodiscard]] static std::unique_ptr<Outbound> make(const probe::ProbeSpec& spec);
  // NOLINTNEXTLINE(misc-new-delete-overloads): make() is the only way to have one
  static void operator delete(void* memory) noexcept { ::operator delete(memory); }

  // As it was, viewing this payload.
  [[nodiscard]] probe::ProbeSpec spec(std::uint64_t sequence) const noexcept;
  [[nodiscard]] probe::IpOptions ip() const noexcept;
  [[nodiscard]] std::size_t payload_size() const noexcept { return payload_size_; }

 private:
  explicit Outbound(const probe::ProbeSpec& spec) noexcept;
  [[nodiscard]] Bytes tail() const noexcept;

  net::Address destination_;
  std::optional<net::Ttl> ttl_;
  net::Tos tos_;
  bool dont_fragment_;
  std::uint8_t options_size_;
  std::uint16_t payload_size_;
};

struct PendingEcho {
  Completion completion;
  ReplyBuffer buffer;
  std::unique_ptr<Outbound> outbound;  // null: sent
  Instant deadline{};
  Instant sent_at{};
  std::uint64_t sequence = 0;
  std::uint32_t heap_position = 0;
  bool group = false;
  std::unique_ptr<std::vector<Answer>> answers;  // of a group, so far
};

// Writes the reply buffer and announces it.
void finish(PendingEcho& pending, std::span<const Answer> answers, probe::Status none) noexcept;

}  // namespace sonde::icmpapi
