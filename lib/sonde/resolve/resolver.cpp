#include "sonde/resolve/resolver.hpp"

#include <algorithm>
#include <deque>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

#include "sonde/resolve/system_lookup.hpp"

namespace sonde::resolve {
namespace {

constexpr std::size_t kForwardThreads = 8;
constexpr std::size_t kReverseWaiting = 16;

struct ForwardJob {
  std::uint32_t id = 0;
  std::string name;
  FamilyWanted family = FamilyWanted::any;
};

struct Pending {
  std::uint32_t id = 0;
  Instant deadline;
};

}  // namespace

// What the caller and the threads share. Each thread owns a reference, so that one that is stuck in
// the system's resolver can outlive the caller.
struct Resolver::Shared {
  explicit Shared(std::function<void()> wake_up) : wake(std::move(wake_up)) {}

  std::function<void()> wake;
  std::mutex mutex;
  std::deque<ForwardJob> forward_jobs;
  std::deque<net::Address> reverse_jobs;
  std::vector<Pending> pending;  // forward look-ups without an answer
  std::vector<net::Address> asked;
  std::vector<ForwardAnswer> forward_answers;
  std::vector<ReverseAnswer> reverse_answers;
  std::size_t forward_threads = 0;
  bool reverse_thread = false;
  bool abandoned = false;

  void answer(ForwardAnswer found) {
    const std::scoped_lock lock(mutex);
    // A look-up that was given up has been answered already.
    if (std::erase_if(pending, [&](const Pending& p) { return p.id == found.id; }) > 0) {
      forward_answers.push_back(std::move(found));
    }
  }
  void tell() const {
    if (wake) {
      wake();
    }
  }

  // The next job; nullopt: none waits, and the thread that asked ends.
  std::optional<ForwardJob> next_forward() {
    const std::scoped_lock lock(mutex);
    if (forward_jobs.empty() || abandoned) {
      --forward_threads;
      return std::nullopt;
    }
    ForwardJob job = std::move(forward_jobs.front());
    forward_jobs.pop_front();
    return job;
  }
  std::optional<net::Address> next_reverse() {
    const std::scoped_lock lock(mutex);
    if (reverse_jobs.empty() || abandoned) {
      reverse_thread = false;
      return std::nullopt;
    }
    const net::Address address = reverse_jobs.front();
    reverse_jobs.pop_front();
    return address;
  }
  void answer(ReverseAnswer found) {
    const std::scoped_lock lock(mutex);
    reverse_answers.push_back(std::move(found));
  }

  // A thread's life: job by job.
  static void run_forward(const std::shared_ptr<Shared>& self) {
    while (const auto job = self->next_forward()) {
      self->answer(
          ForwardAnswer{.id = job->id, .addresses = system_forward(job->name, job->family)});
      self->tell();
    }
  }
  static void run_reverse(const std::shared_ptr<Shared>& self) {
    while (const auto address = self->next_reverse()) {
      self->answer(ReverseAnswer{.address = *address, .name = system_reverse(*address)});
      self->tell();
    }
  }
};

Resolver::Resolver(const Clock& clock, std::function<void()> wake)
    : clock_(clock), shared_(std::make_shared<Shared>(std::move(wake))) {}

Resolver::~Resolver() {
  const std::scoped_lock lock(shared_->mutex);
  shared_->abandoned = true;
}

void Resolver::forward(std::uint32_t id, std::string name, FamilyWanted family, Duration timeout) {
  const std::scoped_lock lock(shared_->mutex);
  shared_->pending.push_back({.id = id, .deadline = clock_.now() + timeout});
  shared_->forward_jobs.push_back({.id = id, .name = std::move(name), .family = family});
  if (shared_->forward_threads == kForwardThreads) {
    return;
  }
  try {
    std::thread([shared = shared_] { Shared::run_forward(shared); }).detach();
    ++shared_->forward_threads;
  } catch (const std::system_error& error) {
    if (shared_->forward_threads == 0) {  // nobody will ever take the job
      shared_->forward_jobs.clear();
      shared_->pending.pop_back();
      shared_->forward_answers.push_back(
          {.id = id,
           .addresses = std::unexpected(ResolveError{.failure = ResolveFailure::system,
                                                     .message = error.code().message()})});
    }
  }
}

void Resolver::reverse(const net::Address& address) {
  const std::scoped_lock lock(shared_->mutex);
  if (shared_->reverse_jobs.size() >= kReverseWaiting ||
      std::ranges::find(shared_->asked, address) != shared_->asked.end()) {
    return;
  }
  shared_->asked.push_back(address);
  shared_->reverse_jobs.push_back(address);
  if (shared_->reverse_thread) {
    return;
  }
  try {
    std::thread([shared = shared_] { Shared::run_reverse(shared); }).detach();
    shared_->reverse_thread = true;
  } catch (const std::system_error&) {
    shared_->reverse_jobs.clear();  // names are a courtesy
  }
}

std::vector<ForwardAnswer> Resolver::take_forward() {
  const Instant now = clock_.now();
  const std::scoped_lock lock(shared_->mutex);
  std::erase_if(shared_->pending, [&](const Pending& p) {
    if (p.deadline > now) {
      return false;
    }
    shared_->forward_answers.push_back(
        {.id = p.id,
         .addresses = std::unexpected(ResolveError{.failure = ResolveFailure::timed_out,
                                                   .message = "the name server did not answer"})});
    return true;
  });
  return std::exchange(shared_->forward_answers, {});
}

std::vector<ReverseAnswer> Resolver::take_reverse() {
  const std::scoped_lock lock(shared_->mutex);
  return std::exchange(shared_->reverse_answers, {});
}

std::optional<Instant> Resolver::deadline() const {
  const std::scoped_lock lock(shared_->mutex);
  if (shared_->pending.empty()) {
    return std::nullopt;
  }
  return std::ranges::min_element(shared_->pending, {}, &Pending::deadline)->deadline;
}

}  // namespace sonde::resolve
