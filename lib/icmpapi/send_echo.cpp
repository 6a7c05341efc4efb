#include "icmpapi/send_echo.hpp"

#include <winerror.h>

#include <chrono>
#include <cstring>
#include <expected>
#include <mutex>
#include <span>
#include <utility>

#include "icmpapi/async_worker.hpp"
#include "icmpapi/lane.hpp"
#include "icmpapi/pending.hpp"
#include "icmpapi/process.hpp"
#include "icmpapi/reply_buffer.hpp"
#include "icmpapi/thread.hpp"

namespace sonde::icmpapi {
namespace {

// Free lanes that a file keeps. More calls at once work too, each then opens a socket.
constexpr std::size_t kMostFreeLanes = 64;
// What fits into a packet of 65,535 bytes behind the headers.
constexpr WORD kMostPayloadV4 = 65507;
constexpr WORD kMostPayloadV6 = 65527;

// A file in use: it is not closed before this ends, or before what it was left to has ended.
class FileUse {
 public:
  explicit FileUse(std::shared_ptr<IcmpFile> file) noexcept : file_(std::move(file)) {}
  FileUse(const FileUse&) = delete;
  FileUse& operator=(const FileUse&) = delete;
  FileUse(FileUse&&) = default;
  FileUse& operator=(FileUse&&) = delete;
  ~FileUse() {
    if (file_) {
      const std::scoped_lock lock(process().mutex);
      leave(*file_);
    }
  }
  [[nodiscard]] IcmpFile& operator*() const noexcept { return *file_; }
  // To whom announces the completion.
  [[nodiscard]] std::shared_ptr<IcmpFile> hand_over() noexcept { return std::move(file_); }

 private:
  std::shared_ptr<IcmpFile> file_;
};

std::expected<FileUse, DWORD> use_file(HANDLE handle, net::Family family) {
  Process& self = process();
  const std::scoped_lock lock(self.mutex);
  auto file = self.handles.find_as<IcmpFile>(reinterpret_cast<HandleTable::Value>(handle));
  if (!file || file->family != family) {
    return std::unexpected(DWORD{ERROR_INVALID_PARAMETER});
  }
  ++file->outstanding;
  return FileUse(std::move(file));
}

std::unique_ptr<Lane> take_free_lane(IcmpFile& file, const LaneKey& key) {
  const std::scoped_lock lock(process().mutex);
  for (auto lane = file.lanes.rbegin(); lane != file.lanes.rend(); ++lane) {
    if ((*lane)->key() == key) {
      std::unique_ptr<Lane> taken = std::move(*lane);
      file.lanes.erase(std::next(lane).base());
      return taken;
    }
  }
  return nullptr;
}

// A lane for the time of one call.
class LaneUse {
 public:
  LaneUse(IcmpFile& file, std::unique_ptr<Lane> lane) noexcept
      : file_(&file), lane_(std::move(lane)) {}
  LaneUse(const LaneUse&) = delete;
  LaneUse& operator=(const LaneUse&) = delete;
  LaneUse(LaneUse&&) = default;
  LaneUse& operator=(LaneUse&&) = delete;
  ~LaneUse() {
    if (!lane_) {
      return;
    }
    const std::scoped_lock lock(process().mutex);
    if (file_->lanes.size() < file_->lanes.capacity()) {
      file_->lanes.push_back(std::move(lane_));
    }
  }
  Lane* operator->() const noexcept { return lane_.get(); }

 private:
  IcmpFile* file_;
  std::unique_ptr<Lane> lane_;
};

std::expected<LaneUse, DWORD> use_lane(IcmpFile& file, const LaneKey& key) {
  if (auto lane = take_free_lane(file, key)) {
    return LaneUse(file, std::move(lane));
  }
  auto opened = Lane::open(key);
  if (!opened) {
    return std::unexpected(opened.error());
  }
  {
    // Room for it to come back to, made where it may fail.
    const std::scoped_lock lock(process().mutex);
    if (file.lanes.capacity() < kMostFreeLanes) {
      file.lanes.reserve(file.lanes.capacity() * 2 + 1);
    }
  }
  return LaneUse(file, std::move(*opened));
}

// --- the arguments, in the order in which Windows looks at them
// ------------------------------------

DWORD check_buffers(const SendCall& call) noexcept {
  const bool bad_reply =
      call.reply == nullptr || call.reply_size < reply_structure_size(call.family);
  const bool bad_data = call.data == nullptr && call.size > 0;
  return bad_reply || bad_data ? ERROR_INVALID_PARAMETER : NO_ERROR;
}

DWORD check_destination(const SendCall& call) noexcept {
  if (!call.destination) {
    return ERROR_INVALID_PARAMETER;
  }
  return call.destination->is_unspecified() ? ERROR_INVALID_NETNAME : NO_ERROR;
}

// Whether the source is ours: by a socket bound to it, which is kept for the requests to come.
DWORD check_source(const SendCall& call, IcmpFile& file) {
  if (!call.source) {
    return NO_ERROR;
  }
  const auto lane = use_lane(file, {.family = call.family, .source = call.source});
  return lane ? NO_ERROR : lane.error();
}

DWORD check_sizes(const SendCall& call) noexcept {
  const bool v4 = call.family == net::Family::v4;
  if (call.size > (v4 ? kMostPayloadV4 : kMostPayloadV6)) {
    return IP_PACKET_TOO_BIG;
  }
  if (call.options != nullptr && call.options->OptionsSize > MAX_OPT_SIZE) {
    return IP_OPTION_TOO_BIG;
  }
  if (call.options != nullptr && call.options->OptionsSize > 0 &&
      call.options->OptionsData == nullptr) {
    return ERROR_INVALID_PARAMETER;
  }
  const bool too_small = call.reply_size < reply_structure_size(call.family) + call.size;
  return too_small ? IP_GENERAL_FAILURE : NO_ERROR;
}

DWORD check(const SendCall& call, IcmpFile& file) {
  DWORD error = check_buffers(call);
  if (error == NO_ERROR) {
    error = check_destination(call);
  }
  if (error == NO_ERROR) {
    error = check_source(call, file);
  }
  return error == NO_ERROR ? check_sizes(call) : error;
}

// --- the request
// -----------------------------------------------------------------------------------

probe::IpOptions ip_options_of(const SendCall& call) noexcept {
  probe::IpOptions ip;
  if (call.options == nullptr) {
    return ip;
  }
  const IP_OPTION_INFORMATION& given = *call.options;
  if (given.Ttl != 0) {
    ip.ttl = net::Ttl(given.Ttl);
  }
  ip.tos = net::Tos(given.Tos);
  ip.dont_fragment = (given.Flags & IP_FLAG_DF) != 0;
  // RFC 791 source routes stand in the options; the flag is about IPv6 alone.
  ip.reverse = call.family == net::Family::v6 && (given.Flags & IP_FLAG_REVERSE) != 0;
  if (given.OptionsSize > 0) {
    const Bytes options = std::as_bytes(std::span(given.OptionsData, given.OptionsSize));
    ip.header_options = probe::HeaderOptions::from(options).value_or(probe::HeaderOptions{});
  }
  return ip;
}

EchoRequest request_of(const SendCall& call) noexcept {
  return {.destination = *call.destination,
          .ip = ip_options_of(call),
          .payload = Bytes(static_cast<const std::byte*>(call.data), call.size),
          .timeout = std::chrono::milliseconds(call.timeout_ms)};
}

DWORD finish_call(DWORD count, DWORD error) noexcept {
  set_last_error(count > 0 ? NO_ERROR : error);
  return count;
}

std::expected<Lane::Exchange, DWORD> exchange(IcmpFile& file, const LaneKey& key,
                                              const EchoRequest& request,
                                              const ReplyBuffer& buffer) {
  auto lane = use_lane(file, key);
  if (!lane) {
    return std::unexpected(lane.error());
  }
  return (*lane)->exchange(request, buffer);
}

DWORD send_and_wait(const SendCall& call, IcmpFile& file) {
  const EchoRequest request = request_of(call);
  const ReplyBuffer buffer(call.reply, call.reply_size, call.family);
  LaneKey key{.family = call.family, .source = call.source};
  auto result = exchange(file, key, request, buffer);
  if (result && result->needs_broadcast) {
    key.broadcast = true;
    result = exchange(file, key, request, buffer);
  }
  if (!result) {
    return finish_call(0, result.error());
  }
  const probe::Status none =
      result->error != NO_ERROR ? status_of_error(result->error) : probe::Status::request_timed_out;
  const ReplyBuffer::Written written = buffer.write(result->answers, none, false);
  return finish_call(written.count, result->error != NO_ERROR ? result->error : written.error);
}

std::unique_ptr<PendingEcho> pending_of(const SendCall& call) {
  auto outbound = std::make_unique<Outbound>();
  outbound->request = request_of(call);
  outbound->payload.assign(outbound->request.payload.begin(), outbound->request.payload.end());
  outbound->request.payload = outbound->payload;
  const bool group = outbound->request.destination.is_multicast();
  const Instant deadline = SystemClock().now() + outbound->request.timeout;
  return std::make_unique<PendingEcho>(
      PendingEcho{.completion = {},
                  .buffer = ReplyBuffer(call.reply, call.reply_size, call.family),
                  .outbound = std::move(outbound),
                  .deadline = deadline,
                  .group = group,
                  .answers = nullptr});
}

DWORD submit(const SendCall& call, FileUse& file) {
  auto pending = pending_of(call);
  Completion& completion = pending->completion;
  if (call.event == nullptr) {
    completion.thread = this_thread();
    completion.routine.push_back({.routine = call.routine, .context = call.context});
  }
  Process& self = process();
  std::unique_lock lock(self.mutex);
  if (call.event != nullptr) {
    completion.event =
        self.handles.find_as<Event>(reinterpret_cast<HandleTable::Value>(call.event));
    if (!completion.event) {
      return finish_call(0, ERROR_INVALID_HANDLE);
    }
  }
  const auto worker = worker_for({.family = call.family, .source = call.source});
  if (!worker) {
    return finish_call(0, worker.error());
  }
  const bool was_signalled = completion.event && std::exchange(completion.event->signalled, false);
  const std::shared_ptr<Event> event = completion.event;
  lock.unlock();
  IcmpFile& used = *file;
  completion.file = file.hand_over();
  bool taken = false;
  try {
    taken = (*worker)->submit(pending);
  } catch (...) {  // no memory: not taken
    taken = false;
  }
  if (!taken) {
    lock.lock();
    if (was_signalled) {
      set_event(*event);
    }
    leave(used);
    return finish_call(0, ERROR_NOT_ENOUGH_MEMORY);
  }
  set_last_error(ERROR_IO_PENDING);
  return 0;
}

}  // namespace

DWORD send_echo(const SendCall& call) {
  auto file = use_file(call.handle, call.family);
  if (!file) {
    return finish_call(0, file.error());
  }
  if (const DWORD error = check(call, **file); error != NO_ERROR) {
    return finish_call(0, error);
  }
  const bool wait = call.event == nullptr && call.routine == nullptr;
  return wait ? send_and_wait(call, **file) : submit(call, *file);
}

}  // namespace sonde::icmpapi
