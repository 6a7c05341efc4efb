#include "sonde/transport/windows/echo.hpp"

#include <process.h>

#include <algorithm>
#include <array>
#include <limits>
#include <mutex>
#include <utility>

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

}  // namespace

struct EchoService::State {
  struct Batch {
    std::span<std::unique_ptr<EchoJob>> jobs;
    std::span<Instant> sent_at;
  };
  // A call under way: owns the job from the call to its completion.
  struct Outstanding final : EchoCompletion {
    Outstanding(State& owner, std::unique_ptr<EchoJob> asked)
        : state(&owner), job(std::move(asked)) {}
    void completed() noexcept override;
    State* state;
    std::unique_ptr<EchoJob> job;
  };

  Instant begin(std::unique_ptr<EchoJob>& job);
  void make_calls();
  static void CALLBACK on_batch(ULONG_PTR state) { reinterpret_cast<State*>(state)->make_calls(); }
  static void CALLBACK on_stop(ULONG_PTR state);
  static unsigned __stdcall serve(void* shared);

  // Set before the thread starts.
  std::unique_ptr<IcmpApi> api;
  const Clock* clock = nullptr;
  std::uint32_t timeout_ms = 0;
  Handle changed;      // something completed, or wake()
  Handle handed_over;  // the thread has done what it was asked
  Handle timer;        // of wait()
  Handle thread;
  Batch batch;  // from start() to the thread, while start() waits

  // The thread's own; `idle` is read when handed_over says so.
  std::size_t outstanding = 0;
  bool stopping = false;
  bool idle = false;

  std::mutex mutex;
  EchoJobs completed;  // guarded
};

void EchoService::State::Outstanding::completed() noexcept {
  const std::unique_ptr<Outstanding> self(this);
  --state->outstanding;
  if (state->stopping) {
    return;  // nobody is left to be told, and the clock may be gone
  }
  job->completed_at = state->clock->now();
  if (job->sent.destination.is_v4()) {
    job->replies = state->api->parse_v4(job->reply);
  }
  {
    const std::scoped_lock lock(state->mutex);
    state->completed.push_back(std::move(job));
  }
  (void)::SetEvent(state->changed.get());
}

// The instant of the call. The job stays where it is if the call is refused.
Instant EchoService::State::begin(std::unique_ptr<EchoJob>& job) {
  const net::Family family = job->sent.destination.family();
  job->reply.resize(reply_room(family, job->payload.size()));
  prepare_reply(family, job->reply);
  auto under_way = std::make_unique<Outstanding>(*this, std::move(job));
  EchoJob& asked = *under_way->job;
  const EchoCall call{.source = asked.source,
                      .destination = asked.sent.destination,
                      .payload = asked.payload,
                      .ttl = asked.ip.ttl,
                      .tos = asked.ip.tos,
                      .dont_fragment = asked.ip.dont_fragment,
                      .reverse = asked.ip.reverse,
                      .header_options = asked.ip.header_options.bytes(),
                      .reply = asked.reply,
                      .timeout_ms = timeout_ms,
                      .completion = under_way.get()};
  const Instant at = clock->now();
  asked.sent.at = at;
  ++outstanding;
  if (const int error = api->send(call); error != 0) {
    --outstanding;
    asked.error = error;
    job = std::move(under_way->job);
    return at;
  }
  (void)under_way.release();  // completed() takes it back
  return at;
}

void EchoService::State::make_calls() {
  for (std::size_t i = 0; i < batch.jobs.size(); ++i) {
    batch.sent_at[i] = begin(batch.jobs[i]);
    (void)::SleepEx(0, TRUE);  // a reply must not wait for the rest of the batch
  }
  (void)::SetEvent(handed_over.get());
}

void CALLBACK EchoService::State::on_stop(ULONG_PTR state) {
  auto& self = *reinterpret_cast<State*>(state);
  self.stopping = true;
  self.idle = self.outstanding == 0;
  (void)::SetEvent(self.handed_over.get());
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
  const auto ms = std::chrono::ceil<std::chrono::milliseconds>(reply_window).count();
  constexpr std::int64_t kLongest = std::numeric_limits<std::int32_t>::max();
  state->timeout_ms = static_cast<std::uint32_t>(std::clamp<std::int64_t>(ms, 1, kLongest));
  state->changed = make_event();
  state->handed_over = make_event();
  state->timer = make_timer();
  if (!state->changed.valid() || !state->handed_over.valid() || !state->timer.valid()) {
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
  const auto argument = reinterpret_cast<ULONG_PTR>(state_.get());
  if (::QueueUserAPC(&State::on_stop, state_->thread.get(), argument) == 0) {
    return;
  }
  (void)::WaitForSingleObject(state_->handed_over.get(), INFINITE);
  if (state_->idle) {
    (void)::WaitForSingleObject(state_->thread.get(), INFINITE);
  }
}

void EchoService::start(std::span<std::unique_ptr<EchoJob>> jobs, std::span<Instant> sent_at) {
  if (jobs.empty()) {
    return;
  }
  state_->batch = {.jobs = jobs, .sent_at = sent_at};
  const auto argument = reinterpret_cast<ULONG_PTR>(state_.get());
  if (::QueueUserAPC(&State::on_batch, state_->thread.get(), argument) == 0) {
    for (const auto& job : jobs) {
      job->error = static_cast<int>(::GetLastError());
    }
    return;
  }
  (void)::WaitForSingleObject(state_->handed_over.get(), INFINITE);
}

EchoJobs EchoService::take() {
  const std::scoped_lock lock(state_->mutex);
  return std::exchange(state_->completed, {});
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
