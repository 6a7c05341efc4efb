#include "icmpapi/async_worker.hpp"

#include <pthread.h>
#include <winerror.h>

#include <algorithm>
#include <csignal>
#include <thread>
#include <utility>

namespace sonde::icmpapi {
namespace {

constexpr Duration kRetry = 1ms;
// Replies to a batch must find room in the socket's receive buffer, which by default holds 200 kB.
constexpr std::size_t kBatchBytes = 100'000;
constexpr std::size_t kPacketOverhead = 1024;
// Distinct source addresses with requests outstanding; each has a thread.
constexpr std::size_t kMostWorkers = 64;

// Signals are for the program's own threads.
void start_thread(std::shared_ptr<AsyncWorker> worker) {
  sigset_t all;
  sigset_t before;
  ::sigfillset(&all);
  (void)::pthread_sigmask(SIG_SETMASK, &all, &before);
  try {
    std::thread([worker = std::move(worker)] { worker->run(); }).detach();
  } catch (...) {
    (void)::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    throw;
  }
  (void)::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

// One that waits for a source address of its own to be used again ends. False: all are busy.
bool retire_an_idle_one() {
  auto& workers = process().workers;
  const auto idle = std::ranges::find_if(workers, [](const auto& entry) {
    return entry.first.source.has_value() && entry.second->idle();
  });
  if (idle == workers.end()) {
    return false;
  }
  idle->second->retire();
  workers.erase(idle);
  return true;
}

std::expected<std::unique_ptr<OpenLane>, DWORD> take_spare_or_open(const LaneKey& key) {
  auto spare = process().spare.extract(key);
  return spare ? std::move(spare.mapped()) : open_lane(key, Outstanding::kMost);
}

std::expected<std::shared_ptr<AsyncWorker>, DWORD> find_or_start(const LaneKey& key) {
  auto& workers = process().workers;
  if (const auto found = workers.find(key); found != workers.end()) {
    return found->second;
  }
  if (workers.size() >= kMostWorkers && !retire_an_idle_one()) {
    return std::unexpected(DWORD{ERROR_NOT_ENOUGH_MEMORY});
  }
  auto opened = take_spare_or_open(key);
  if (!opened) {
    return std::unexpected(opened.error());
  }
  const auto place = workers.emplace(key, nullptr).first;
  try {
    place->second = std::make_shared<AsyncWorker>(key, std::move(*opened));
    start_thread(place->second);
  } catch (...) {
    workers.erase(place);
    throw;
  }
  return place->second;
}

}  // namespace

std::expected<std::shared_ptr<AsyncWorker>, DWORD> reserve_worker(const LaneKey& key) {
  auto worker = find_or_start(key);
  if (worker && !(*worker)->reserve()) {
    return std::unexpected(DWORD{ERROR_NOT_ENOUGH_MEMORY});
  }
  return worker;
}

void make_spare(const LaneKey& key) {
  Process& self = process();
  {
    const std::scoped_lock lock(self.mutex);
    if (self.workers.contains(key) || self.spare.contains(key)) {
      return;
    }
  }
  auto opened = open_lane(key, Outstanding::kMost);
  if (opened) {
    const std::scoped_lock lock(self.mutex);
    self.spare.try_emplace(key, std::move(*opened));
  }
}

AsyncWorker::AsyncWorker(const LaneKey& key, std::unique_ptr<OpenLane> opened)
    : key_(key), opened_(std::move(opened)), outstanding_(opened_->rng.next() >> 32) {
  specs_.reserve(kBatch);
}

bool AsyncWorker::reserve() noexcept {
  if (count_.load(std::memory_order_relaxed) >= Outstanding::kMost) {
    return false;
  }
  count_.fetch_add(1, std::memory_order_relaxed);
  return true;
}

bool AsyncWorker::submit(std::unique_ptr<PendingEcho>& pending) noexcept {
  const std::scoped_lock lock(inbox_mutex_);
  try {
    inbox_.push_back(nullptr);
  } catch (...) {  // no memory
    count_.fetch_sub(1, std::memory_order_relaxed);
    return false;
  }
  inbox_.back() = std::move(pending);
  if (std::exchange(asleep_, false)) {
    opened_->transport->wake();
  }
  return true;
}

void AsyncWorker::retire() noexcept {
  const std::scoped_lock lock(inbox_mutex_);
  retired_ = true;
  opened_->transport->wake();
}

void AsyncWorker::run() noexcept {
  (void)::pthread_setname_np(::pthread_self(), "sonde-icmpapi");
  while (!retired_) {
    try {
      step();
    } catch (...) {  // no memory
      give_up();
    }
  }
}

void AsyncWorker::step() {
  take_inbox();
  send_some();
  receive_all();
  expire();
  sleep();
}

void AsyncWorker::take_inbox() {
  const std::scoped_lock lock(inbox_mutex_);
  for (auto& pending : inbox_) {
    unsent_.emplace_back();
    unsent_.back() = std::move(pending);
  }
  inbox_.clear();
}

// How many of the unsent ones go out at once.
std::size_t AsyncWorker::next_batch() const noexcept {
  std::size_t bytes = 0;
  std::size_t count = 0;
  while (count < std::min(unsent_.size(), kBatch) && bytes < kBatchBytes) {
    bytes += unsent_[count++]->outbound->payload_size() + kPacketOverhead;
  }
  return count;
}

void AsyncWorker::send_some() {
  if (unsent_.empty() || (send_again_ && opened_->clock.now() < *send_again_)) {
    return;
  }
  send_again_.reset();
  const std::size_t count = next_batch();
  specs_.clear();
  deadlines_.reserve(count);
  std::array<PendingEcho*, kBatch> batch{};
  for (std::size_t i = 0; i < count; ++i) {
    PendingEcho& pending = outstanding_.add(unsent_.front());
    unsent_.pop_front();
    deadlines_.push(pending);
    specs_.push_back(pending.outbound->spec(pending.sequence));
    batch[i] = &pending;
  }
  opened_->transport->send(specs_, reports_);
  // From the last to the first, so that those put back stand in order again.
  for (std::size_t i = count; i-- > 0;) {
    if (!reports_[i].error) {
      batch[i]->sent_at = reports_[i].at;
      batch[i]->outbound.reset();
      continue;
    }
    deadlines_.remove(*batch[i]);
    settle(reports_[i], outstanding_.remove(*batch[i]));
  }
}

// One that the system would not send.
void AsyncWorker::settle(const probe::SendReport& report,
                         std::unique_ptr<PendingEcho> pending) noexcept {
  const probe::SendError error = report.error.value_or(probe::SendError{});
  if (!key_.broadcast && needs_broadcast(error)) {
    redirect(std::move(pending));
  } else if (error.failure == probe::SendFailure::no_buffer && report.at < pending->deadline) {
    put_back(std::move(pending), error);
    send_again_ = report.at + kRetry;
  } else {
    fail(*pending, error);
  }
}

void AsyncWorker::put_back(std::unique_ptr<PendingEcho> pending,
                           const probe::SendError& error) noexcept {
  try {
    unsent_.emplace_front();
    unsent_.front() = std::move(pending);
  } catch (...) {  // no memory
    fail(*pending, error);
  }
}

void AsyncWorker::fail(PendingEcho& pending, const probe::SendError& error) noexcept {
  const probe::IpOptions ip = pending.outbound ? pending.outbound->ip() : probe::IpOptions{};
  count_.fetch_sub(1, std::memory_order_relaxed);
  finish(pending, {}, status_of_error(error_of(error, ip)));
}

// To the worker whose socket may send to a broadcast address.
void AsyncWorker::redirect(std::unique_ptr<PendingEcho> pending) noexcept {
  count_.fetch_sub(1, std::memory_order_relaxed);
  pending->group = true;
  bool taken = false;
  try {
    LaneKey key = key_;
    key.broadcast = true;
    std::shared_ptr<AsyncWorker> other;
    {
      const std::scoped_lock lock(process().mutex);
      other = reserve_worker(key).value_or(nullptr);
    }
    taken = other && other->submit(pending);
  } catch (...) {  // no memory: not taken
    taken = false;
  }
  if (!taken) {
    finish(*pending, {}, probe::Status::no_resources);
  }
}

void AsyncWorker::receive_all() {
  std::size_t count = seen_.size();
  while (count == seen_.size()) {
    count = opened_->transport->receive(seen_);
    for (probe::Observation& seen : std::span(seen_).first(count)) {
      take(seen);
    }
  }
}

void AsyncWorker::take(probe::Observation& seen) {
  PendingEcho* const pending = outstanding_.find(seen.probe.sequence);
  if (pending == nullptr || seen.kind == probe::ObservationKind::transmitted) {
    return;
  }
  if (seen.kind == probe::ObservationKind::send_error) {
    const DWORD error = error_of(seen.send_error.value_or(probe::SendError{}), {});
    conclude(*pending, {}, status_of_error(error));
    return;
  }
  Answer answer;
  take_answer(seen, pending->sent_at, {}, answer);
  if (!pending->group) {
    conclude(*pending, {&answer, 1}, answer.status);
    return;
  }
  if (!pending->answers) {
    pending->answers = std::make_unique<std::vector<Answer>>();
  }
  pending->answers->push_back(answer);
  if (!pending->buffer.has_room_for(*pending->answers)) {
    conclude(*pending, *pending->answers, answer.status);
  }
}

void AsyncWorker::expire() {
  if (deadlines_.size() == 0) {
    return;
  }
  const Instant now = opened_->clock.now();
  for (PendingEcho* first = deadlines_.top(); first != nullptr && first->deadline <= now;
       first = deadlines_.top()) {
    const std::span<const Answer> answers =
        first->answers ? std::span<const Answer>(*first->answers) : std::span<const Answer>();
    conclude(*first, answers, probe::Status::request_timed_out);
  }
}

void AsyncWorker::conclude(PendingEcho& pending, std::span<const Answer> answers,
                           probe::Status none) noexcept {
  deadlines_.remove(pending);
  const std::unique_ptr<PendingEcho> owned = outstanding_.remove(pending);
  count_.fetch_sub(1, std::memory_order_relaxed);
  finish(*owned, answers, none);
}

// Out of memory: what is under way ends, so that nobody waits for ever.
void AsyncWorker::give_up() noexcept {
  while (PendingEcho* const first = deadlines_.top()) {
    conclude(*first, {}, probe::Status::no_resources);
  }
  const auto end = [this](std::unique_ptr<PendingEcho>& pending) {
    if (pending) {
      count_.fetch_sub(1, std::memory_order_relaxed);
      finish(*pending, {}, probe::Status::no_resources);
    }
  };
  std::ranges::for_each(unsent_, end);
  unsent_.clear();
  std::vector<std::unique_ptr<PendingEcho>> inbox;
  {
    const std::scoped_lock lock(inbox_mutex_);
    inbox.swap(inbox_);
  }
  std::ranges::for_each(inbox, end);
}

void AsyncWorker::sleep() {
  if (!unsent_.empty() && !send_again_) {
    return;
  }
  {
    const std::scoped_lock lock(inbox_mutex_);
    if (!inbox_.empty() || retired_) {
      return;
    }
    asleep_ = true;
  }
  Instant until = send_again_.value_or(Instant::max());
  if (const PendingEcho* const first = deadlines_.top()) {
    until = std::min(until, first->deadline);
  }
  opened_->transport->wait(until);
  const std::scoped_lock lock(inbox_mutex_);
  asleep_ = false;
}

}  // namespace sonde::icmpapi
