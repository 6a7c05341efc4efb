#include "app/target_reader.hpp"

#include <fmt/format.h>

#include <array>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

#include "app/line_splitter.hpp"
#include "app/terminal.hpp"
#include "app/text_decoder.hpp"

namespace sonde::app {

// What the caller and the thread share; the thread owns a reference, so that it can outlive the
// caller.
struct TargetReader::Shared {
  Shared(int descriptor, std::string file, NumericAddress parse, std::function<void()> wake_up)
      : fd(descriptor),
        name(std::move(file)),
        numeric(std::move(parse)),
        wake(std::move(wake_up)) {}

  int fd;
  std::string name;
  NumericAddress numeric;
  std::function<void()> wake;

  std::mutex mutex;
  std::condition_variable room;
  std::condition_variable filled;
  std::deque<TargetBatch> ready;
  bool abandoned = false;

  // False: nobody wants them any more.
  bool hand_over(TargetBatch batch) {
    {
      std::unique_lock lock(mutex);
      room.wait(lock, [this] { return ready.size() < kBatches || abandoned; });
      if (abandoned) {
        return false;
      }
      ready.push_back(std::move(batch));
      filled.notify_one();
    }
    wake();
    return true;
  }

  [[nodiscard]] ReadTarget read_line(std::string_view word, std::uint64_t number) const {
    auto target = parse_target(word, numeric);
    if (target) {
      return {.target = *std::move(target), .line = number};
    }
    return {.target = {.text = std::string(word)},
            .line = number,
            .bad = fmt::format("{}:{}: {}", name, number, target.error().message)};
  }

  // `os_code`: why there is no more; 0: the file has ended.
  void hand_over_last(TargetBatch batch, int os_code) {
    batch.last = true;
    if (os_code != 0) {
      batch.error =
          fmt::format("cannot read {}: {}", name, std::generic_category().message(os_code));
    }
    (void)hand_over(std::move(batch));
  }

  void run() {
    constexpr std::size_t kChunk = std::size_t{64} * 1024;
    const auto buffer = std::make_unique<std::array<char, kChunk>>();
    TextDecoder text;
    LineSplitter lines;
    TargetBatch batch;
    bool wanted = true;
    const auto on_line = [&](std::string_view line, std::uint64_t number) {
      const std::string_view word = target_of_line(line);
      if (word.empty() || !wanted) {
        return;
      }
      batch.targets.push_back(read_line(word, number));
      if (batch.targets.size() == kBatch) {
        wanted = hand_over(std::exchange(batch, {}));
      }
    };
    while (wanted) {
      const auto n = read_some(fd, *buffer);
      if (!n || *n == 0) {
        lines.feed(text.finish(), on_line);
        lines.finish(on_line);
        hand_over_last(std::move(batch), n ? 0 : n.error());
        break;
      }
      lines.feed(text.feed({buffer->data(), *n}), on_line);
      // What came slowly is not held back.
      if (wanted && !batch.targets.empty() && *n < kChunk) {
        wanted = hand_over(std::exchange(batch, {}));
      }
    }
    (void)close_file(fd);
  }
};

TargetReader::TargetReader(int fd, std::string name, NumericAddress numeric,
                           std::function<void()> wake)
    : shared_(std::make_shared<Shared>(fd, std::move(name), std::move(numeric), std::move(wake))) {
  std::thread([shared = shared_] { shared->run(); }).detach();
}

TargetReader::~TargetReader() {
  const std::scoped_lock lock(shared_->mutex);
  shared_->abandoned = true;
  shared_->room.notify_all();
}

const std::string& TargetReader::name() const noexcept { return shared_->name; }

void TargetReader::await() {
  std::unique_lock lock(shared_->mutex);
  constexpr auto kPatience = std::chrono::milliseconds(50);
  shared_->filled.wait_for(lock, kPatience, [this] { return !shared_->ready.empty(); });
}

std::optional<TargetBatch> TargetReader::take() {
  const std::scoped_lock lock(shared_->mutex);
  if (shared_->ready.empty()) {
    return std::nullopt;
  }
  TargetBatch batch = std::move(shared_->ready.front());
  shared_->ready.pop_front();
  shared_->room.notify_one();
  return batch;
}

}  // namespace sonde::app
