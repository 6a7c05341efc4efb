#include "icmpapi/pending.hpp"

#include <algorithm>
#include <mutex>
#include <new>

namespace sonde::icmpapi {

std::unique_ptr<Outbound> Outbound::make(const probe::ProbeSpec& spec) {
  void* const memory = ::operator new(sizeof(Outbound) + spec.payload.size());
  std::unique_ptr<Outbound> made(new (memory) Outbound(spec));
  const MutableBytes payload(static_cast<std::byte*>(memory) + sizeof(Outbound),
                             spec.payload.size());
  std::ranges::copy(spec.payload, payload.begin());
  made->spec.payload = payload;
  return made;
}

void announce(Completion& completion, std::size_t bytes) noexcept {
  const std::scoped_lock lock(process().mutex);
  if (completion.routine.empty()) {
    set_event(*static_cast<Event*>(completion.listener.get()));
  } else {
    completion.routine.front().bytes = bytes;
    Thread& thread = *static_cast<Thread*>(completion.listener.get());
    thread.routines.splice(thread.routines.end(), completion.routine);
    thread.changed.notify_one();
  }
  leave(*completion.file);
}

void finish(PendingEcho& pending, std::span<const Answer> answers, probe::Status none) noexcept {
  const ReplyBuffer::Written written = pending.buffer.write(answers, none, true);
  announce(pending.completion, written.bytes);
}

}  // namespace sonde::icmpapi
