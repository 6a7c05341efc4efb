#include "sonde/transport/windows/echo.hpp"

#include <process.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <limits>
#include <mutex>
#include <utility>

#include "sonde/transport/windows/error_code.hpp"
#include "sonde/transport/windows/handle.hpp"
#include "sonde/transport/windows/reply_buffer.hpp"

namespace sonde::transport {
namespace {

constexpr DWORD kHighResolution = 2;  // CREATE_WAITABLE_TIMER_HIGH_RESOLUTION, Windows 10 1803

// Good to a millisecond where the system can; a plain timer has the scheduler's tick.
Handle make_timer() noexcept {
  Handle timer(::CreateWaitableTimerExW(nullptr, nullptr, kHighResolution, TIMER_ALL_ACCESS));
  return timer.valid() ? std::move(timer)
                       : Handle(::CreateWaitableTimerExW(nullptr, nullptr, 0, TIMER_ALL_ACCESS));
}

std::uint32_t whole_ms(Duration length) noexcept {
  const auto ms = std::chrono::ceil<std::chrono::milliseconds>(length).count();
  constexpr std::int64_t kLongest = std::numeric_limits<std::int32_t>::max();
  return static_cast<std::uint32_t>(std::clamp<std::int64_t>(ms, 1, kLongest));
}

constexpr auto kPatienceMs = static_cast<DWORD>(
    std::chrono::duration_cast<std::chrono::milliseconds>(EchoService::kPatience).count());

// Did what the event tells happen while there was patience?
bool happened(const Handle& event) noexcept {
  return ::WaitForSingleObject(event.get(), kPatienceMs) == WAIT_OBJECT_0;
}

constexpr probe::SendError kNoRoom{.failure = probe::SendFailure::no_buffer};

}  // namespace

struct EchoService::State {
  // A call under way: owns the job from the call to its completion.
  struct Call final : EchoCompletion {
    Call(State& owner, std::unique_ptr<EchoJob> asked) : state(&owner), job(std::move(asked)) {}
    void completed(int error) noexcept override;
    State* state;
    std::unique_ptr<EchoJob> job;
  };
  // All that the thread needs was allocated before: nothing may be thrown inside an APC.
  struct Batch {
    std::vector<std::unique_ptr<Call>> calls;
    std::vector<Started> started;
    std::atomic<std::size_t> done{0};  // so many of `started` are there
    std::atomic<bool> given_up{false};
    std::atomic<bool> finished{false};
  };

  void begin(std::unique_ptr<Call>& call, Started& started) noexcept;
  void make_calls() noexcept;
  [[nodiscard]] std::uint32_t timeout_of(const EchoJob& job) const noexcept;
  [[nodiscard]] std::optional<Instant> stamp() noexcept;
  static void CALLBACK on_batch(ULONG_PTR state) { reinterpret_cast<State*>(state)->make_calls(); }
  static void CALLBACK on_stop(ULONG_PTR state);
  static unsigned __stdcall serve(void* shared);

  // Set before the thread starts.
  std::unique_ptr<IcmpApi> api;
  const Clock* clock = nullptr;
  std::uint32_t window_ms = 0;
  Handle changed;      // something completed, or wake()
  Handle handed_over;  // the thread has done what it was asked
  Handle stopped;
  Handle timer;  // of wait()
  Handle thread;

  // From start() to the thread; start() leaves it alone until it is finished.
  std::shared_ptr<Batch> batch = std::make_shared<Batch>();

  // The thread's own; `idle` is read when `stopped` says so.
  std::size_t outstanding = 0;
  bool stopping = false;
  bool idle = false;

  std::mutex mutex;
  EchoJobs completed;   // guarded; has room for all that may still complete
  bool closed = false;  // guarded: nobody is left to be told, and the clock may be gone
};

// Nullopt: nobody wants to know any more.
std::optional<Instant> EchoService::State::stamp() noexcept {
  const std::scoped_lock lock(mutex);
  return closed ? std::nullopt : std::optional(clock->now());
}

void EchoService::State::Call::completed(int error) noexcept {
  const std::unique_ptr<Call> self(this);
  --state->outstanding;
  const auto at = state->stamp();
  if (!at) {
    return;
  }
  job->completed_at = *at;
  job->error = error;
  if (job->sent.destination.is_v4()) {
    job->replies = state->api->parse_v4(job->reply);
  } else {
    state->api->parse_v6(job->reply);
  }
  {
    const std::scoped_lock lock(state->mutex);
    state->completed.push_back(std::move(job));
  }
  (void)::SetEvent(state->changed.get());
}

std::uint32_t EchoService::State::timeout_of(const EchoJob& job) const noexcept {
  if (job.timeout == Duration::zero()) {
    return window_ms;
  }
  const Duration lingering = std::max<Duration>(2 * job.timeout, job.timeout + 1s);
  return std::min(window_ms, whole_ms(outstanding < kMayLinger ? lingering : job.timeout));
}

void EchoService::State::begin(std::unique_ptr<Call>& call, Started& started) noexcept {
  const auto at = stamp();
  if (!at || outstanding >= kMostOutstanding) {
    started.at = at.value_or(started.at);
    return;  // as start() has written: no room
  }
  EchoJob& job = *call->job;
  const EchoCall asked{.source = job.source,
                       .destination = job.sent.destination,
                       .payload = job.payload,
                       .ttl = job.ip.ttl,
                       .tos = job.ip.tos,
                       .dont_fragment = job.ip.dont_fragment,
                       .reverse = job.ip.reverse,
                       .header_options = job.ip.header_options.bytes(),
                       .reply = job.reply,
                       .timeout_ms = timeout_of(job),
                       .completion = call.get()};
  job.sent.at = *at;
  started = {.at = *at};
  ++outstanding;
  if (const int error = api->send(asked); error != 0) {
    --outstanding;
    started.error = {.failure = send_failure_of(error), .os_code = error};
    return;
  }
  (void)call.release();  // completed() takes it back
}

void EchoService::State::make_calls() noexcept {
  const std::shared_ptr<Batch> mine = batch;
  for (std::size_t i = 0; i < mine->calls.size() && !mine->given_up; ++i) {
    begin(mine->calls[i], mine->started[i]);
    mine->done = i + 1;
    (void)::SleepEx(0, TRUE);  // a reply must not wait for the rest of the batch
  }
  mine->calls.clear();
  mine->finished = true;
  (void)::SetEvent(handed_over.get());
}

void CALLBACK EchoService::State::on_stop(ULONG_PTR state) {
  auto& self = *reinterpret_cast<State*>(state);
  self.stopping = true;
  self.idle = self.outstanding == 0;
  (void)::SetEvent(self.stopped.get());
}

unsigned __stdcall EchoService::State::serve(void* shared) {
  const std::unique_ptr<std::shared_ptr<State>> own(static_cast<std::shared_ptr<State>*>(shared));
  State& state = **own;
  while (!state.stopping || state.outstanding > 0) {
    (void)::SleepEx(INFINITE, TRUE);
  }
  return 0;
}

std::expected<std::unique_ptr<EchoService>, int> EchoService::make(std::unique_ptr<IcmpApi> api,
                                                                   const Clock& clock,
                                                                   Duration reply_window) {
  auto state = std::make_shared<State>();
  state->api = std::move(api);
  state->clock = &clock;
  state->window_ms = whole_ms(reply_window);
  state->batch->finished = true;
  state->changed = make_event();
  state->handed_over = make_event();
  state->stopped = make_event();
  state->timer = make_timer();
  if (!state->changed.valid() || !state->handed_over.valid() || !state->stopped.valid() ||
      !state->timer.valid()) {
    return std::unexpected(static_cast<int>(::GetLastError()));
  }
  auto shared = std::make_unique<std::shared_ptr<State>>(state);
  const std::uintptr_t thread =
      ::_beginthreadex(nullptr, 0, &State::serve, shared.get(), 0, nullptr);
  if (thread == 0) {
    return std::unexpected(ERROR_NO_SYSTEM_RESOURCES);
  }
  (void)shared.release();  // the thread's
  state->thread = Handle(reinterpret_cast<HANDLE>(thread));
  // A probe's time is short of what any other work of this process may cost.
  (void)::SetThreadPriority(state->thread.get(), THREAD_PRIORITY_HIGHEST);
  return std::unique_ptr<EchoService>(new EchoService(std::move(state)));  // NOLINT: private
}

EchoService::~EchoService() {
  {
    const std::scoped_lock lock(state_->mutex);
    state_->closed = true;
  }
  const auto argument = reinterpret_cast<ULONG_PTR>(state_.get());
  const bool asked = ::QueueUserAPC(&State::on_stop, state_->thread.get(), argument) != 0;
  if (asked && happened(state_->stopped) && state_->idle) {
    (void)happened(state_->thread);
  }
}

std::vector<EchoService::Started> EchoService::start(EchoJobs jobs) {
  std::vector<Started> started(jobs.size(), {.at = state_->clock->now(), .error = kNoRoom});
  if (jobs.empty() || !state_->batch->finished) {
    return started;
  }
  const auto batch = std::make_shared<State::Batch>();
  batch->started = started;
  for (auto& job : jobs) {
    const net::Family family = job->sent.destination.family();
    job->reply.resize(reply_room(family, job->payload.size()));
    prepare_reply(family, job->reply);
    batch->calls.push_back(std::make_unique<State::Call>(*state_, std::move(job)));
  }
  {
    const std::scoped_lock lock(state_->mutex);
    state_->completed.reserve(state_->completed.size() + kMostOutstanding + jobs.size());
  }
  (void)::ResetEvent(state_->handed_over.get());  // of a batch that was given up
  state_->batch = batch;
  const auto argument = reinterpret_cast<ULONG_PTR>(state_.get());
  if (::QueueUserAPC(&State::on_batch, state_->thread.get(), argument) == 0) {
    batch->finished = true;
    const int error = static_cast<int>(::GetLastError());
    const probe::SendError why{.failure = send_failure_of(error), .os_code = error};
    std::ranges::fill(started, Started{.at = started.front().at, .error = why});
    return started;
  }
  batch->given_up = !happened(state_->handed_over);
  std::copy_n(batch->started.begin(), batch->done.load(), started.begin());
  return started;
}

EchoJobs EchoService::take() {
  const std::scoped_lock lock(state_->mutex);
  if (state_->completed.empty()) {
    return {};
  }
  EchoJobs fresh;
  fresh.reserve(kMostOutstanding + state_->batch->started.size());
  return std::exchange(state_->completed, std::move(fresh));
}

void EchoService::wait(Instant until) {
  const Duration length = until - state_->clock->now();
  if (length <= Duration::zero()) {
    return;
  }
  const std::array<HANDLE, 2> handles{state_->changed.get(), state_->timer.get()};
  DWORD count = 1;
  if (until != Instant::max()) {
    using Tick = std::chrono::duration<std::int64_t, std::ratio<1, 10'000'000>>;
    LARGE_INTEGER due;
    due.QuadPart = -std::max<std::int64_t>(std::chrono::ceil<Tick>(length).count(), 1);
    if (::SetWaitableTimer(handles[1], &due, 0, nullptr, nullptr, FALSE) == 0) {
      return;
    }
    count = 2;
  }
  (void)::WaitForMultipleObjects(count, handles.data(), FALSE, INFINITE);
}

void EchoService::wake() noexcept { (void)::SetEvent(state_->changed.get()); }

}  // namespace sonde::transport
