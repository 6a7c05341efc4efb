// target_reader.hpp: the targets in a file or on standard input, read and parsed on a thread of its
// own, so that a slow pipe never holds up a probe. At most kBatches batches wait: a file of any
// size takes constant memory. `wake` is called from that thread when a batch is ready; it must not
// own what dies with the caller. A thread that is stuck in a read is left to end with the process.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/target_text.hpp"

namespace sonde::app {

struct ReadTarget {
  TargetText target;
  std::uint64_t line = 0;            // its number in the file
  std::optional<std::string> bad{};  // "hosts.txt:17: 'x/99': not a prefix"; the target is its text
};

struct TargetBatch {
  std::vector<ReadTarget> targets;
  bool last = false;
  std::optional<std::string> error{};  // the file could not be read on: one line
};

class TargetReader {
 public:
  static constexpr std::size_t kBatch = 2048;  // targets
  static constexpr std::size_t kBatches = 4;   // waiting

  // Takes `fd` over. `name` for messages.
  TargetReader(int fd, std::string name, NumericAddress numeric, std::function<void()> wake);
  ~TargetReader();
  TargetReader(const TargetReader&) = delete;
  TargetReader& operator=(const TargetReader&) = delete;

  // What is ready; nullopt: nothing now. After a batch with `last` there are no more.
  [[nodiscard]] std::optional<TargetBatch> take();
  // Until take() has something, but not for long: the caller may have to stop.
  void await();
  // For messages.
  [[nodiscard]] const std::string& name() const noexcept;

 private:
  struct Shared;
  std::shared_ptr<Shared> shared_;
};

}  // namespace sonde::app
