#include "icmpapi/send_echo.hpp"

#include <winerror.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <expected>
#include <mutex>
#include <span>
#include <utility>

#include "icmpapi/alone.hpp"
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

std::unique_ptr<Lane> take_free_lane(IcmpFile& file, const LaneKey& key) noexcept {
  for (auto lane = file.lanes.rbegin(); lane != file.lanes.rend(); ++lane) {
    if ((*lane)->key() == key) {
      std::swap(*lane, file.lanes.back());
      std::unique_ptr<Lane> taken = std::move(file.lanes.back());
      file.lanes.pop_back();
      return taken;
    }
  }
  return nullptr;
}

// For when no socket can be opened: stamps make it slower, or late arrivals less exact, no more.
std::unique_ptr<Lane> take_similar_lane(IcmpFile& file, LaneKey key) noexcept {
  key.stamps = !key.stamps;
  return take_free_lane(file, key);
}

// What the file does not keep stays with the caller, to be closed without the mutex.
void put_back(IcmpFile& file, std::unique_ptr<Lane>& lane) noexcept {
  if (lane && file.lanes.size() < file.lanes.capacity()) {
    file.lanes.push_back(std::move(lane));
  }
}

// Not owned: whoever closes it waits until it is left.
struct NoDelete {
  void operator()(IcmpFile* /*file*/) const noexcept {}
};

// A file in use: it is not closed before this ends, or before what it was left to has ended. With
// it the lane that the call has to itself.
class FileUse {
 public:
  // With Process::mutex held.
  FileUse(IcmpFile& file, std::unique_ptr<Lane> lane) noexcept
      : file_(&file), lane_(std::move(lane)) {
    ++file_->outstanding;
  }
  FileUse(const FileUse&) = delete;
  FileUse& operator=(const FileUse&) = delete;
  FileUse(FileUse&&) = default;
  FileUse& operator=(FileUse&&) = delete;
  ~FileUse() {
    if (file_) {
      const ThreadLock lock(process().mutex);
      put_back(*file_, lane_);
      leave(*file_);
    }
  }
  // The lane of this kind: a free one of the file, a new one, or the next best.
  [[nodiscard]] std::expected<Lane*, DWORD> lane(const LaneKey& key);
  // To whom announces the completion.
  [[nodiscard]] IcmpFile* hand_over() noexcept;

 private:
  std::unique_ptr<IcmpFile, NoDelete> file_;
  std::unique_ptr<Lane> lane_;
};

std::expected<Lane*, DWORD> FileUse::lane(const LaneKey& key) {
  if (lane_ && lane_->key() == key) {
    return lane_.get();
  }
  std::unique_ptr<Lane> too_many;
  {
    const std::scoped_lock lock(process().mutex);
    put_back(*file_, lane_);
    too_many = std::exchange(lane_, take_free_lane(*file_, key));
    // Room to come back to, made where it may fail.
    if (file_->lanes.capacity() == file_->lanes.size() && file_->lanes.size() < kMostFreeLanes) {
      file_->lanes.reserve(std::min(2 * file_->lanes.size() + 1, kMostFreeLanes));
    }
  }
  if (!lane_) {
    auto opened = Lane::open(key);
    if (opened) {
      lane_ = std::move(*opened);
    } else {
      const std::scoped_lock lock(process().mutex);
      lane_ = take_similar_lane(*file_, key);
    }
    if (!lane_) {
      return std::unexpected(opened.error());
    }
  }
  return lane_.get();
}

IcmpFile* FileUse::hand_over() noexcept {
  if (lane_) {
    const std::scoped_lock lock(process().mutex);
    put_back(*file_, lane_);
  }
  return file_.release();
}

bool is_synchronous(const SendCall& call) noexcept {
  return call.event == nullptr && call.routine == nullptr;
}

LaneKey key_of(const SendCall& call) {
  LaneKey key{.family = call.family, .stamps = !call.request.spec.destination.is_loopback()};
  if (!call.source.is_unspecified()) {
    key.source = call.source;
  }
  return key;
}

std::expected<FileUse, DWORD> use_file(const SendCall& call, const LaneKey& key) {
  Process& self = process();
  const ThreadLock lock(self.mutex);
  auto* const file =
      self.handles.borrow<IcmpFile>(reinterpret_cast<HandleTable::Value>(call.handle));
  if (file == nullptr || file->family != call.family) {
    return std::unexpected(DWORD{ERROR_INVALID_PARAMETER});
  }
  std::unique_ptr<Lane> lane;
  if (is_synchronous(call)) {
    lane = take_free_lane(*file, key);
  }
  return std::expected<FileUse, DWORD>(std::in_place, *file, std::move(lane));
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
  if (!call.has_destination) {
    return ERROR_INVALID_PARAMETER;
  }
  return call.request.spec.destination.is_unspecified() ? ERROR_INVALID_NETNAME : NO_ERROR;
}

// Whether the source is ours: by a socket bound to it, which is kept for the requests to come.
DWORD check_source(const SendCall& call, const LaneKey& key, FileUse& file) {
  if (call.source.is_unspecified()) {
    return NO_ERROR;
  }
  const auto lane = file.lane(key);
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

// IPv6 has no header options, and RFC 5095 took away the routing header that IP_FLAG_REVERSE asks
// for. With IPv4 the flag says nothing: source routes stand in the options (RFC 791).
DWORD check_options(const SendCall& call) noexcept {
  const bool wants =
      call.family == net::Family::v6 && call.options != nullptr &&
      ((call.options->Flags & IP_FLAG_REVERSE) != 0 || call.options->OptionsSize > 0);
  return wants ? ERROR_NOT_SUPPORTED : NO_ERROR;
}

DWORD check(const SendCall& call, const LaneKey& key, FileUse& file) {
  DWORD error = check_buffers(call);
  if (error == NO_ERROR) {
    error = check_destination(call);
  }
  if (error == NO_ERROR) {
    error = check_source(call, key, file);
  }
  if (error == NO_ERROR) {
    error = check_sizes(call);
  }
  return error == NO_ERROR ? check_options(call) : error;
}

// --- the request
// -----------------------------------------------------------------------------------

void fill_ip_options(const SendCall& call, probe::IpOptions& ip) noexcept {
  if (call.options == nullptr) {
    return;
  }
  const IP_OPTION_INFORMATION& given = *call.options;
  if (given.Ttl != 0) {
    ip.ttl = net::Ttl(given.Ttl);
  }
  ip.tos = net::Tos(given.Tos);
  ip.dont_fragment = (given.Flags & IP_FLAG_DF) != 0;
  if (given.OptionsSize > 0) {
    const Bytes options = std::as_bytes(std::span(given.OptionsData, given.OptionsSize));
    ip.header_options = probe::HeaderOptions::from(options).value_or(probe::HeaderOptions{});
  }
}

void complete_request(SendCall& call) noexcept {
  fill_ip_options(call, call.request.spec.ip);
  call.request.payload = Bytes(static_cast<const std::byte*>(call.data), call.size);
}

DWORD finish_call(DWORD count, DWORD error) noexcept {
  set_last_error(count > 0 ? NO_ERROR : error);
  return count;
}

DWORD send_and_wait(SendCall& call, LaneKey& key, FileUse& file) {
  const ReplyBuffer buffer(call.reply, call.reply_size, call.family);
  auto lane = file.lane(key);
  if (lane) {
    (*lane)->exchange(call.request, buffer);
  }
  if (lane && (*lane)->outcome().needs_broadcast) {
    key.broadcast = true;
    lane = file.lane(key);
    if (lane) {
      (*lane)->exchange(call.request, buffer);
    }
  }
  return lane ? finish_call((*lane)->outcome().count, (*lane)->outcome().error)
              : finish_call(0, lane.error());
}

std::unique_ptr<PendingEcho> pending_of(SendCall& call) {
  call.request.spec.payload = call.request.payload;
  return std::make_unique<PendingEcho>(
      PendingEcho{.completion = {},
                  .buffer = ReplyBuffer(call.reply, call.reply_size, call.family),
                  .outbound = Outbound::make(call.request.spec),
                  .deadline = SystemClock().now() + call.request.timeout,
                  .group = call.request.spec.destination.is_multicast(),
                  .answers = nullptr});
}

DWORD submit(SendCall& call, LaneKey& key, FileUse& file) {
  auto pending = pending_of(call);
  Completion& completion = pending->completion;
  if (call.event == nullptr) {
    completion.listener = this_thread();
    completion.routine.push_back({.routine = call.routine, .context = call.context});
  }
  Process& self = process();
  std::unique_lock lock(self.mutex);
  std::shared_ptr<Event> event;
  if (call.event != nullptr) {
    event = self.handles.find_as<Event>(reinterpret_cast<HandleTable::Value>(call.event));
    if (!event) {
      return finish_call(0, ERROR_INVALID_HANDLE);
    }
    completion.listener = event;
  }
  key.stamps = true;  // one worker for all destinations
  const auto worker = reserve_worker(key);
  if (!worker) {
    return finish_call(0, worker.error());
  }
  const bool was_signalled = event && std::exchange(event->signalled, false);
  lock.unlock();
  IcmpFile* const used = completion.file = file.hand_over();
  if (!(*worker)->submit(pending)) {
    lock.lock();
    if (was_signalled) {
      set_event(*event);
    }
    leave(*used);
    return finish_call(0, ERROR_NOT_ENOUGH_MEMORY);
  }
  set_last_error(ERROR_IO_PENDING);
  return 0;
}

}  // namespace

DWORD send_echo(SendCall& call) {
  LaneKey key = key_of(call);
  auto file = use_file(call, key);
  if (!file) {
    return finish_call(0, file.error());
  }
  if (const DWORD error = check(call, key, *file); error != NO_ERROR) {
    return finish_call(0, error);
  }
  complete_request(call);
  return is_synchronous(call) ? send_and_wait(call, key, *file) : submit(call, key, *file);
}

}  // namespace sonde::icmpapi
