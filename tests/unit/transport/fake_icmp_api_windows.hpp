// fake_icmp_api_windows.hpp: the echo functions of iphlpapi.dll, played by a test: it sees every
// call and says when each completes and with what in its reply buffer.
#pragma once

#include <winsock2.h>
// After winsock2.h.
#include <windows.h>
#include <winternl.h>
// The types only.
#include <ipexport.h>

#include <atomic>
#include <cstring>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "sonde/base/clock.hpp"
#include "sonde/probe/status.hpp"
#include "sonde/transport/windows/handle.hpp"
#include "sonde/transport/windows/iphlpapi.hpp"
#include "sonde/transport/windows/reply_buffer.hpp"

namespace sonde::transport {

// Read by the service's thread, set by the test's.
class SharedClock final : public Clock {
 public:
  [[nodiscard]] Instant now() const noexcept override { return Instant(Duration(now_.load())); }
  [[nodiscard]] WallTime wall() const noexcept override { return WallTime(Duration(now_.load())); }
  void advance(Duration by) { now_ += by.count(); }

 private:
  std::atomic<std::int64_t> now_{std::int64_t{1'000'000'000}};
};

// What the fake and its test share; it outlives both the fake and the transport.
struct FakeIcmpScript {
  std::function<int(const EchoCall&)> on_send = [](const EchoCall&) { return 0; };
  int open_v4 = 0;
  int open_v6 = 0;
  std::mutex mutex;
  std::vector<EchoCall> calls;  // guarded
  Handle thread;                // guarded: the one that makes the calls
  std::atomic<bool> destroyed{false};
  Handle gone = make_event();  // when the fake was destroyed

  [[nodiscard]] std::size_t count() {
    const std::scoped_lock lock(mutex);
    return calls.size();
  }
  [[nodiscard]] EchoCall call(std::size_t index) {
    const std::scoped_lock lock(mutex);
    return calls.at(index);
  }
  // Runs the call's completion routine on the thread that made it.
  void complete(std::size_t index, int error = 0) {
    struct Completion {
      EchoCompletion* whose;
      int error;
    };
    const std::scoped_lock lock(mutex);
    auto completion = std::make_unique<Completion>(
        Completion{.whose = calls.at(index).completion, .error = error});
    const auto routine = [](ULONG_PTR p) {
      const std::unique_ptr<Completion> own(reinterpret_cast<Completion*>(p));
      own->whose->completed(own->error);
    };
    (void)::QueueUserAPC(routine, thread.get(), reinterpret_cast<ULONG_PTR>(completion.release()));
  }
};

class FakeIcmpApi final : public IcmpApi {
 public:
  explicit FakeIcmpApi(std::shared_ptr<FakeIcmpScript> script) : script_(std::move(script)) {}
  ~FakeIcmpApi() override {
    script_->destroyed = true;
    (void)::SetEvent(script_->gone.get());
  }
  FakeIcmpApi(const FakeIcmpApi&) = delete;
  FakeIcmpApi& operator=(const FakeIcmpApi&) = delete;

  int open(net::Family family) noexcept override {
    return family == net::Family::v4 ? script_->open_v4 : script_->open_v6;
  }
  int send(const EchoCall& call) noexcept override {
    if (const int error = script_->on_send(call); error != 0) {
      return error;
    }
    const std::scoped_lock lock(script_->mutex);
    if (!script_->thread.valid()) {
      script_->thread = Handle(::OpenThread(THREAD_SET_CONTEXT, FALSE, ::GetCurrentThreadId()));
    }
    script_->calls.push_back(call);
    return 0;
  }
  // As Windows: the count stands in the first structure and is taken out once.
  std::uint32_t parse_v4(MutableBytes reply) noexcept override {
    ICMP_ECHO_REPLY first{};
    std::memcpy(&first, reply.data(), sizeof first);
    const USHORT none = 0;
    std::memcpy(reply.data() + offsetof(ICMP_ECHO_REPLY, Reserved), &none, sizeof none);
    return first.Reserved;
  }
  void parse_v6(MutableBytes reply) noexcept override {
    ULONG status = 0;
    std::memcpy(&status, reply.data() + kV6StatusAt, sizeof status);
    if (status != kUntouched) {
      status &= ~kUnparsed;
      std::memcpy(reply.data() + kV6StatusAt, &status, sizeof status);
    }
  }

  static constexpr std::size_t kV6StatusAt = 28;
  // The documentation wants Icmp6ParseReplies before the buffer is read: until then the fake's
  // status is none.
  static constexpr ULONG kUnparsed = 0x4000'0000;

 private:
  std::shared_ptr<FakeIcmpScript> script_;
};

struct FakeReply {
  net::Address responder{};
  probe::Status status = probe::Status::success;
  ULONG rtt_ms = 0;
  std::vector<std::byte> payload{};
  std::uint8_t ttl = 64;
};

// As IcmpSendEcho2 leaves it: one structure, the data behind it.
inline void write_v4_reply(MutableBytes buffer, const FakeReply& reply) {
  ICMP_ECHO_REPLY one{};
  std::memcpy(&one.Address, reply.responder.bytes().data(), sizeof one.Address);
  one.Status = static_cast<ULONG>(reply.status);
  one.RoundTripTime = reply.rtt_ms;
  one.DataSize = static_cast<USHORT>(reply.payload.size());
  one.Reserved = reply.status == probe::Status::request_timed_out ? 0 : 1;
  one.Data = buffer.data() + sizeof one;
  one.Options.Ttl = reply.ttl;
  std::memcpy(buffer.data(), &one, sizeof one);
  std::memcpy(buffer.data() + sizeof one, reply.payload.data(), reply.payload.size());
}

// As Icmp6SendEcho2: address at 6, status at 28, time at 32, payload at 36.
inline void write_v6_reply(MutableBytes buffer, const FakeReply& reply) {
  constexpr std::size_t kAddress = 6;
  constexpr std::size_t kTime = 32;
  constexpr std::size_t kPayload = 36;
  const auto status = static_cast<ULONG>(reply.status) | FakeIcmpApi::kUnparsed;
  std::memcpy(buffer.data() + kAddress, reply.responder.bytes().data(), net::Address::kV6Bytes);
  std::memcpy(buffer.data() + FakeIcmpApi::kV6StatusAt, &status, sizeof status);
  std::memcpy(buffer.data() + kTime, &reply.rtt_ms, sizeof reply.rtt_ms);
  std::memcpy(buffer.data() + kPayload, reply.payload.data(), reply.payload.size());
}

}  // namespace sonde::transport
