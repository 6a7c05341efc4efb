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
      position_(config_.shard - 1) {}

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

void SweepEngine::resolved(std::uint32_t target) {
  if (passed_over_.erase(target) > 0) {
    joined_.push(target);
  }
}

void SweepEngine::failed(std::uint32_t target, Instant now) {
  states_.set(target, SweepState::failed);
  if (passed_over_.erase(target) > 0) {
    settle({.target = target, .at = now}, SweepState::failed);
  }
}

std::uint64_t SweepEngine::planned() const noexcept {
  const std::uint64_t size = targets_->size();
  const std::uint64_t before = config_.shard - 1;
  const std::uint64_t mine =
      size > before ? (size - before + config_.shards - 1) / config_.shards : 0;
  return mine - skipped_;
}

// --- what is to be sent ---

std::size_t SweepEngine::next_probes(Instant now, std::span<ProbeSpec> out) {
  if (now < blocked_until_) {
    return 0;
  }
  const std::size_t room = std::min(out.size(), pacer_.available(now));
  std::size_t filled = 0;
  while (filled < room) {
    const std::optional<Task> task = next_task(now);
    if (!task) {
      break;
    }
    issue(*task, now, out[filled++]);
  }
  pacer_.use(filled);
  return filled;
}

// What found no room first, then retries, so that what is begun is brought to its end.
std::optional<SweepEngine::Task> SweepEngine::next_task(Instant now) {
  if (!again_.empty()) {
    return again_.pop();
  }
  if (const auto retry = next_retry()) {
    return retry;
  }
  const bool repeat_first = !repeats_.empty() && repeats_.front().due < extended_at_;
  if (repeat_first) {
    if (const auto repeat = next_repeat(now)) {
      return repeat;
    }
  }
  if (const auto fresh = next_new(now)) {
    return fresh;
  }
  return next_repeat(now);
}

std::optional<SweepEngine::Task> SweepEngine::next_retry() noexcept {
  while (!retries_.empty()) {
    const Task task = retries_.pop();
    if (states_.at(task.target) == SweepState::pending) {  // else a late reply has come
      return task;
    }
  }
  return std::nullopt;
}

bool SweepEngine::has_new() const noexcept {
  const bool ordered = !config_.random_order || order_;
  return !joined_.empty() || (ordered && position_ < states_.size());
}

std::uint32_t SweepEngine::index_at(std::uint64_t position) const noexcept {
  return static_cast<std::uint32_t>(order_ ? order_->at(position) : position);
}

std::optional<SweepEngine::Task> SweepEngine::next_new(Instant now) {
  std::optional<Task> task;
  if (!joined_.empty()) {
    task = Task{.target = joined_.pop()};
  }
  while (!task && has_new()) {
    const std::uint32_t target = index_at(position_);
    position_ += config_.shards;
    if (target < config_.skip.size() && config_.skip[target]) {
      ++skipped_;
    } else if (states_.at(target) == SweepState::failed) {
      settle({.target = target, .at = now}, SweepState::failed);
    } else if (targets_->at(target)) {
      task = Task{.target = target};
    } else {
      passed_over_.insert(target);
    }
  }
  if (task) {
    schedule_after(*task, now + config_.interval);
  }
  return task;
}

// On a grid of its own: a late turn does not move the next ones, but two probes to one target are
// never closer than half an interval.
std::optional<SweepEngine::Task> SweepEngine::next_repeat(Instant now) {
  if (repeats_.empty() || repeats_.front().due > now) {
    return std::nullopt;
  }
  const Repeat repeat = repeats_.pop();
  schedule_after(repeat.task, std::max(repeat.due + config_.interval, now + config_.interval / 2));
  return repeat.task;
}

void SweepEngine::schedule_after(const Task& task, Instant due) {
  const bool more = config_.mode == SweepMode::loop ||
                    (config_.mode == SweepMode::count && task.round + 1 < config_.count);
  if (more) {
    repeats_.push({.task = {.target = task.target, .round = task.round + 1}, .due = due});
  }
}

void SweepEngine::issue(const Task& task, Instant now, ProbeSpec& out) {
  const auto level =
      static_cast<std::uint8_t>(std::min<std::size_t>(task.round, flights_.levels() - 1));
  const std::uint64_t number = flights_.open(task.target, task.round, level, now);
  out = {.id = {.target = task.target, .sequence = number},
         .destination = targets_->at(task.target).value_or(net::Address()),
         .ip = config_.ip,
         .payload = config_.payload,
         .authenticate = config_.authenticate};
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
