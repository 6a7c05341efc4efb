#include "sonde/resolve/resolver.hpp"

#include <algorithm>
#include <deque>
#include <mutex>
#include <set>
#include <string_view>
#include <system_error>
#include <unordered_map>
#include <utility>

#include "sonde/resolve/detached_thread.hpp"
#include "sonde/resolve/name_hint.hpp"
#include "sonde/resolve/system_lookup.hpp"

namespace sonde::resolve {
namespace {

// A look-up is waiting, most of the time: so many wait side by side.
constexpr std::size_t kForwardThreads = 512;

struct ForwardJob {
  std::uint32_t id = 0;
  std::string name;
  FamilyWanted family = FamilyWanted::any;
};

ForwardAnswer look_up(const ForwardJob& job) {
  ForwardAnswer found{.id = job.id, .addresses = system_forward(job.name, job.family)};
  if (!found.addresses && found.addresses.error().failure != ResolveFailure::system) {
    if (const std::string_view hint = hint_of_unknown_name(job.name); !hint.empty()) {
      found.addresses.error().message.append(" (").append(hint).append(")");
    }
  }
  return found;
}

// Forward look-ups without an answer, and when each is given up.
class Pending {
 public:
  void add(std::uint32_t id, Instant deadline) {
    deadlines_[id] = deadline;
    by_deadline_.emplace(deadline, id);
  }
  // False: it was not pending.
  bool remove(std::uint32_t id) {
    const auto at = deadlines_.find(id);
    if (at == deadlines_.end()) {
      return false;
    }
    by_deadline_.erase({at->second, id});
    deadlines_.erase(at);
    return true;
  }
  // One whose time is up, taken out; nullopt: none.
  [[nodiscard]] std::optional<std::uint32_t> take_expired(Instant now) {
    if (by_deadline_.empty() || by_deadline_.begin()->first > now) {
      return std::nullopt;
    }
    const std::uint32_t id = by_deadline_.begin()->second;
    remove(id);
    return id;
  }
  [[nodiscard]] bool contains(std::uint32_t id) const { return deadlines_.contains(id); }
  [[nodiscard]] std::optional<Instant> earliest() const {
    return by_deadline_.empty() ? std::nullopt : std::optional(by_deadline_.begin()->first);
  }

 private:
  std::unordered_map<std::uint32_t, Instant> deadlines_;
  std::set<std::pair<Instant, std::uint32_t>> by_deadline_;
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
  Pending pending;
  std::set<net::Address> asked;
  std::vector<ForwardAnswer> forward_answers;
  std::vector<ReverseAnswer> reverse_answers;
  std::size_t forward_threads = 0;
  std::size_t reverse_threads = 0;
  bool abandoned = false;

  void answer(ForwardAnswer found) {
    const std::scoped_lock lock(mutex);
    // A look-up that was given up has been answered already.
    if (pending.remove(found.id)) {
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
    while (!forward_jobs.empty() && !abandoned) {
      ForwardJob job = std::move(forward_jobs.front());
      forward_jobs.pop_front();
      if (pending.contains(job.id)) {  // not given up while it waited
        return job;
      }
    }
    --forward_threads;
    return std::nullopt;
  }
  std::optional<net::Address> next_reverse() {
    const std::scoped_lock lock(mutex);
    if (reverse_jobs.empty() || abandoned) {
      --reverse_threads;
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
      self->answer(look_up(*job));
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

Resolver::Resolver(const Clock& clock, std::function<void()> wake, ReverseLimits limits)
    : clock_(clock), limits_(limits), shared_(std::make_shared<Shared>(std::move(wake))) {}

Resolver::~Resolver() {
  const std::scoped_lock lock(shared_->mutex);
  shared_->abandoned = true;
}

void Resolver::forward(std::uint32_t id, std::string name, FamilyWanted family, Duration timeout) {
  const std::scoped_lock lock(shared_->mutex);
  shared_->pending.add(id, clock_.now() + timeout);
  shared_->forward_jobs.push_back({.id = id, .name = std::move(name), .family = family});
  if (shared_->forward_threads == kForwardThreads) {
    return;
  }
  const int code = start_detached([shared = shared_] { Shared::run_forward(shared); });
  if (code == 0) {
    ++shared_->forward_threads;
  } else if (shared_->forward_threads == 0) {  // nobody will ever take the job
    shared_->forward_jobs.clear();
    shared_->pending.remove(id);
    shared_->forward_answers.push_back({.id = id,
                                        .addresses = std::unexpected(ResolveError{
                                            .failure = ResolveFailure::system,
                                            .message = std::generic_category().message(code)})});
  }
}

void Resolver::reverse(const net::Address& address) {
  const std::scoped_lock lock(shared_->mutex);
  if (shared_->reverse_jobs.size() >= limits_.waiting) {
    return;
  }
  if (limits_.once && !shared_->asked.insert(address).second) {
    return;
  }
  shared_->reverse_jobs.push_back(address);
  if (shared_->reverse_threads == limits_.threads) {
    return;
  }
  if (start_detached([shared = shared_] { Shared::run_reverse(shared); }) == 0) {
    ++shared_->reverse_threads;
  } else if (shared_->reverse_threads == 0) {  // nobody will ever take the jobs
    shared_->reverse_jobs.clear();
  }
}

std::vector<ForwardAnswer> Resolver::take_forward() {
  const Instant now = clock_.now();
  const std::scoped_lock lock(shared_->mutex);
  while (const auto id = shared_->pending.take_expired(now)) {
    shared_->forward_answers.push_back(
        {.id = *id,
         .addresses = std::unexpected(ResolveError{.failure = ResolveFailure::timed_out,
                                                   .message = "the name server did not answer"})});
  }
  return std::exchange(shared_->forward_answers, {});
}

std::vector<ReverseAnswer> Resolver::take_reverse() {
  const std::scoped_lock lock(shared_->mutex);
  return std::exchange(shared_->reverse_answers, {});
}

std::optional<Instant> Resolver::deadline() const {
  const std::scoped_lock lock(shared_->mutex);
  return shared_->pending.earliest();
}

}  // namespace sonde::resolve
