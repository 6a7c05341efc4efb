// async_worker.hpp: the thread that sends asynchronous requests and completes them.
// One a kind of socket, so one for nearly every program: family, and source address or broadcast
// where a request asks for them. Started by the first such request; it sends in batches, keeps the
// deadlines in a heap, and sleeps in the transport's wait(). All signals are blocked in it. It ends
// when the last handle is closed; one for a source address also when it is idle and others are
// wanted. submit() may be called from any thread; the rest belongs to the worker's own.
#pragma once

#include <windef.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <deque>
#include <expected>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "icmpapi/deadline_heap.hpp"
#include "icmpapi/lane.hpp"
#include "icmpapi/outstanding.hpp"
#include "icmpapi/pending.hpp"

namespace sonde::icmpapi {

class AsyncWorker {
 public:
  AsyncWorker(const LaneKey& key, std::unique_ptr<OpenLane> opened);

  // Room for one more, with Process::mutex held; false: too many are outstanding.
  [[nodiscard]] bool reserve() noexcept;
  // Takes over what there is a reservation for. false: no memory; the reservation is gone, and it
  // is still the caller's.
  [[nodiscard]] bool submit(std::unique_ptr<PendingEcho>& pending) noexcept;
  // No request is outstanding; with Process::mutex held it stays so.
  [[nodiscard]] bool idle() const noexcept { return count_.load() == 0; }
  // Ends the thread, soon. Only of an idle one that nobody can find any more.
  void retire() noexcept;
  // The thread's body; returns after retire().
  void run() noexcept;

 private:
  static constexpr std::size_t kBatch = 64;
  void step();
  void take_inbox();
  [[nodiscard]] std::size_t next_batch() const noexcept;
  void send_some();
  void settle(const probe::SendReport& report, std::unique_ptr<PendingEcho> pending) noexcept;
  void put_back(std::unique_ptr<PendingEcho> pending, const probe::SendError& error) noexcept;
  void fail(PendingEcho& pending, const probe::SendError& error) noexcept;
  void redirect(std::unique_ptr<PendingEcho> pending) noexcept;
  void receive_all();
  void take(probe::Observation& seen);
  void expire();
  void conclude(PendingEcho& pending, std::span<const Answer> answers, probe::Status none) noexcept;
  void give_up() noexcept;
  void sleep();

  LaneKey key_;
  std::unique_ptr<OpenLane> opened_;
  std::mutex inbox_mutex_;
  std::vector<std::unique_ptr<PendingEcho>> inbox_;
  bool asleep_ = false;                // guarded by inbox_mutex_
  std::atomic<std::size_t> count_{0};  // reserved and not yet finished
  std::atomic<bool> retired_{false};   // set under inbox_mutex_

  std::deque<std::unique_ptr<PendingEcho>> unsent_;
  std::optional<Instant> send_again_;  // no buffer until then
  Outstanding outstanding_;
  DeadlineHeap deadlines_;
  std::vector<probe::ProbeSpec> specs_;
  std::array<probe::SendReport, kBatch> reports_{};
  std::array<probe::Observation, kBatch> seen_{};
};

// The worker for this kind of socket, started if need be, with room for one request. Errors: the
// last error for the caller. With Process::mutex held.
[[nodiscard]] std::expected<std::shared_ptr<AsyncWorker>, DWORD> reserve_worker(const LaneKey& key);

// Opens the socket of a worker that is not there yet, for when the program may no longer. Where
// that fails, the worker tries again. Without Process::mutex.
void make_spare(const LaneKey& key);

}  // namespace sonde::icmpapi
