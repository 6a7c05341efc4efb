// pending.hpp: an asynchronous request from the call to its completion.
// Its size is what ten thousand of them cost: what only sending needs is let go of once it is sent.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <vector>

#include "icmpapi/lane.hpp"
#include "icmpapi/process.hpp"
#include "icmpapi/reply_buffer.hpp"
#include "icmpapi/thread.hpp"
#include "sonde/base/time.hpp"

namespace sonde::icmpapi {

// Who is told, and how: the event, or the routine on its thread.
struct Completion {
  std::shared_ptr<IcmpFile> file;
  std::shared_ptr<Event> event;
  std::shared_ptr<Thread> thread;
  std::list<QueuedRoutine> routine;  // one, ready to be queued, or none
};

// Tells them, and leaves the file. Does not allocate.
void announce(Completion& completion, std::size_t bytes) noexcept;

struct Outbound {
  EchoRequest request;
  std::vector<std::byte> payload;  // what request.payload views
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
