// waker.hpp: a wake-up call from the resolver's threads, which can outlive the transport.
// The calls that it gives out may be made from any thread, at any time; once it is gone they do
// nothing. It goes before its transport does, also when the run ends by an exception.
#pragma once

#include <functional>
#include <memory>
#include <mutex>

#include "sonde/transport/transport.hpp"

namespace sonde::app {

class Waker {
 public:
  explicit Waker(transport::Transport& transport) : line_(std::make_shared<Line>()) {
    line_->transport = &transport;
  }
  Waker(const Waker&) = delete;
  Waker& operator=(const Waker&) = delete;
  ~Waker() {
    const std::scoped_lock lock(line_->mutex);
    line_->transport = nullptr;
  }

  [[nodiscard]] std::function<void()> call() const {
    return [line = line_] {
      const std::scoped_lock lock(line->mutex);
      if (line->transport != nullptr) {
        line->transport->wake();
      }
    };
  }

 private:
  struct Line {
    std::mutex mutex;
    transport::Transport* transport = nullptr;
  };
  std::shared_ptr<Line> line_;
};

}  // namespace sonde::app
