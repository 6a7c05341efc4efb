#include "icmpapi/pending.hpp"

#include <mutex>

namespace sonde::icmpapi {

void announce(Completion& completion, std::size_t bytes) noexcept {
  const std::scoped_lock lock(process().mutex);
  if (completion.event) {
    set_event(*completion.event);
  } else if (completion.thread) {
    completion.routine.front().bytes = bytes;
    completion.thread->routines.splice(completion.thread->routines.end(), completion.routine);
    completion.thread->changed.notify_one();
  }
  leave(*completion.file);
}

void finish(PendingEcho& pending, std::span<const Answer> answers, probe::Status none) noexcept {
  const ReplyBuffer::Written written = pending.buffer.write(answers, none, true);
  announce(pending.completion, written.bytes);
}

}  // namespace sonde::icmpapi
