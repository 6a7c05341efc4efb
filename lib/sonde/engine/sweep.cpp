#include "sonde/engine/sweep.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace sonde::engine {

using probe::ProbeSpec;
using probe::SweepMode;
using probe::SweepState;

namespace {

constexpr std::size_t kMostLevels = 256;

std::vector<Duration> timeouts_of(const SweepConfig& config) {
  std::vector<Duration> timeouts{config.timeout};
  // Without growth one level serves all: deadlines ascend with the sends.
  const bool grows = config.mode == SweepMode::until_answer && config.backoff > 1;
  const std::size_t levels = grows ? std::min<std::size_t>(config.retries + 1, kMostLevels) : 1;
  auto last = static_cast<double>(config.timeout.count());
  while (timeouts.size() < levels) {
    last = std::min(last * config.backoff, static_cast<double>(SweepConfig::kLongest.count()));
    timeouts.emplace_back(std::llround(last));
  }
  return timeouts;
}

}  // namespace

std::expected<SweepEngine, ConfigError> SweepEngine::make(SweepConfig config,
                                                          const net::AddressList& targets) {
  const auto wrong = [](const char* why) { return std::unexpected(ConfigError{why}); };
  if (config.timeout <= Duration::zero() || config.timeout > SweepConfig::kLongest) {
    return wrong("the time-out must be more than 0 and at most an hour");
  }
  if (config.interval <= Duration::zero()) {
    return wrong("the interval must be more than 0");
  }
  if (config.mode == SweepMode::count && config.count == 0) {
    return wrong("the count must be 1 or more");
  }
  if (!(config.backoff >= 1)) {
    return wrong("the back-off must be 1 or more");
  }
  if (config.rate && (*config.rate == 0 || *config.rate > probe::RatePacer::kMaxRate)) {
    return wrong("the rate must be 1 to 1000000000 probes a second");
  }
  if (config.shards == 0 || config.shard == 0 || config.shard > config.shards) {
    return wrong("the shard must be 1 to the number of shards");
  }
  return SweepEngine(std::move(config), targets);
}

SweepEngine::SweepEngine(SweepConfig config, const net::AddressList& targets)
    : config_(std::move(config)),
      targets_(&targets),
      flights_(timeouts_of(config_)),
      pacer_(config_.rate),
      position_(config_.shard - 1) {
  // A usual turn's worth, so that the last round, which also settles, allocates nothing either.
  constexpr std::size_t kUsualEvents = 1024;
  events_.reserve(kUsualEvents);
  taken_.reserve(kUsualEvents);
}

void SweepEngine::extend(Instant now) {
  extended_at_ = now;
  states_.grow(targets_->size());
  if (config_.mode == SweepMode::count) {
    outcomes_.grow(targets_->size());
  }
}

void SweepEngine::close_targets() {
  closed_ = true;
  if (config_.random_order) {
    order_.emplace(targets_->size(), *config_.random_order);
  }
}

void SweepEngine::skip(std::uint32_t target) {
  if (skip_.size() <= target) {
    skip_.resize(targets_->size());
  }
  skip_[target] = true;
}

void SweepEngine::resolved(std::uint32_t target) {
  if (passed_over_.erase(target) > 0) {
    joined_.push(target);
  }
}

void SweepEngine::failed(std::uint32_t target, Instant now) {
  states_.set(target, SweepState::failed);
  if (passed_over_.erase(target) > 0) {
    give_up(target, now);
  }
}

void SweepEngine::give_up(std::uint32_t target, Instant at) {
  probe::SweepEvent& event = events_.emplace_back();
  event.target = target;
  event.at = at;
  settle(SweepState::failed);
}

std::uint64_t SweepEngine::waiting() const noexcept {
  const std::uint64_t known = states_.size();
  return config_.random_order || position_ >= known ? 0 : (known - position_) / config_.shards;
}

std::uint64_t SweepEngine::planned() const noexcept {
  const std::uint64_t size = targets_->size();
  const std::uint64_t before = config_.shard - 1;
  return size > before ? (size - before + config_.shards - 1) / config_.shards : 0;
}

// --- what is to be sent ---

// Field by field, here and below: a whole value made first and then copied would wait for its bytes
// to leave the store buffer, several times a probe.
std::size_t SweepEngine::next_probes(Instant now, std::span<ProbeSpec> out) {
  if (now < blocked_until_) {
    return 0;
  }
  const std::size_t room = std::min(out.size(), pacer_.available(now));
  std::size_t filled = 0;
  under_way_ = flights_.waiting() > 0;
  Task task;
  while (filled < room && next_task(now, task, out[filled].destination)) {
    ProbeSpec& spec = out[filled++];
    spec.id.target = task.target;
    const std::uint8_t level = level_of(task.round);
    spec.id.sequence = flights_.open(task.target, task.round, level, now);
    spec.timeout = flights_.timeout(level);
    spec.ip = config_.ip;
    spec.payload = config_.payload;
    spec.authenticate = config_.authenticate;
  }
  pacer_.use(filled);
  return filled;
}

std::uint8_t SweepEngine::level_of(std::uint32_t round) const noexcept {
  return static_cast<std::uint8_t>(std::min<std::size_t>(round, flights_.levels() - 1));
}

// What found no room first, then retries, so that what is begun is brought to its end. Repeats wait
// for targets that were there before they fell due.
bool SweepEngine::next_task(Instant now, Task& task, net::Address& destination) {
  if (next_again(task, destination) || next_retry(task, destination)) {
    return true;
  }
  const bool repeat_first = !repeats_.empty() && repeats_.front().due < extended_at_;
  if (repeat_first && next_repeat(now, task, destination)) {
    return true;
  }
  return next_new(now, task, destination) || next_repeat(now, task, destination);
}

bool SweepEngine::next_again(Task& task, net::Address& destination) noexcept {
  if (again_.empty()) {
    return false;
  }
  task = again_.pop();
  return targets_->read(task.target, destination);
}

bool SweepEngine::next_retry(Task& task, net::Address& destination) noexcept {
  while (!retries_.empty()) {
    task = retries_.pop();
    if (states_.at(task.target) == SweepState::pending) {  // else a late reply has come
      return targets_->read(task.target, destination);
    }
  }
  return false;
}

bool SweepEngine::has_new() const noexcept {
  const bool ordered = !config_.random_order || order_;
  return !joined_.empty() || (ordered && position_ < states_.size());
}

std::uint32_t SweepEngine::index_at(std::uint64_t position) const noexcept {
  return static_cast<std::uint32_t>(order_ ? order_->at(position) : position);
}

bool SweepEngine::next_joined(Task& task, net::Address& destination) noexcept {
  if (joined_.empty()) {
    return false;
  }
  task = {.target = joined_.pop()};
  return targets_->read(task.target, destination);
}

bool SweepEngine::next_new(Instant now, Task& task, net::Address& destination) {
  bool found = next_joined(task, destination);
  while (!found && has_new()) {
    const std::uint32_t target = index_at(position_);
    position_ += config_.shards;
    if (target < skip_.size() && skip_[target]) {
      continue;
    }
    if (states_.at(target) == SweepState::failed) {
      give_up(target, now);
    } else if (targets_->read(target, destination)) {
      task = {.target = target};
      found = true;
    } else {
      passed_over_.insert(target);
    }
  }
  if (found) {
    schedule_after(task, now + config_.interval);
  }
  return found;
}

// On a grid of its own: a late turn does not move the next ones, but two probes to one target are
// never closer than half an interval.
bool SweepEngine::next_repeat(Instant now, Task& task, net::Address& destination) {
  if (repeats_.empty() || repeats_.front().due > now) {
    return false;
  }
  const Repeat repeat = repeats_.pop();
  task = repeat.task;
  schedule_after(task, std::max(repeat.due + config_.interval, now + config_.interval / 2));
  return targets_->read(task.target, destination);
}

void SweepEngine::schedule_after(const Task& task, Instant due) {
  const bool more = config_.mode == SweepMode::loop ||
                    (config_.mode == SweepMode::count && task.round + 1 < config_.count);
  if (more) {
    repeats_.push({.task = {.target = task.target, .round = task.round + 1}, .due = due});
  }
}

std::optional<Instant> SweepEngine::deadline() const {
  std::optional<Instant> send;
  if (!again_.empty() || !retries_.empty() || has_new()) {
    send = Instant::min();
  } else if (!repeats_.empty()) {
    send = repeats_.front().due;
  }
  if (send) {
    send = std::max({*send, pacer_.next(), blocked_until_});
  }
  const std::optional<Instant> expiry = flights_.next_deadline();
  if (!expiry) {
    return send;
  }
  const Instant past = *expiry + Duration(1);  // a deadline itself is still in time
  return send ? std::min(*send, past) : past;
}

bool SweepEngine::done() const {
  return closed_ && events_.empty() && flights_.waiting() == 0 && !has_new() &&
         passed_over_.empty() && again_.empty() && retries_.empty() && repeats_.empty();
}

}  // namespace sonde::engine
