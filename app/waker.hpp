// waker.hpp: a wake-up call from the resolver's threads, which can outlive the transport.
#pragma once

#include <mutex>

#include "sonde/transport/transport.hpp"

namespace sonde::app {

class Waker {
 public:
  explicit Waker(transport::Transport& transport) : transport_(&transport) {}

  void wake() {
    const std::scoped_lock lock(mutex_);
    if (transport_ != nullptr) {
      transport_->wake();
    }
  }
  // The transport goes: further calls do nothing.
  void forget() {
    const std::scoped_lock lock(mutex_);
    transport_ = nullptr;
  }

 private:
  std::mutex mutex_;
  transport::Transport* transport_;
};

}  // namespace sonde::app
