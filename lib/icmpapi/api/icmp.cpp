// The exported functions that send echo requests: icmpapi(3).
#include <winsock2.h>
#include <winternl.h>
// After winternl.h, for the routine's type.
#define PIO_APC_ROUTINE_DEFINED
#include <icmpapi.h>

#include <chrono>
#include <cstring>
#include <memory>
#include <mutex>
#include <span>
#include <utility>

#include "icmpapi/async_worker.hpp"
#include "icmpapi/guard.hpp"
#include "icmpapi/process.hpp"
#include "icmpapi/send_echo.hpp"

using namespace sonde;           // NOLINT(google-build-using-namespace): the C names below
using namespace sonde::icmpapi;  // NOLINT(google-build-using-namespace)

namespace {

HANDLE create_file(net::Family family) {
  auto lane = Lane::open({.family = family});
  if (!lane) {
    set_last_error(lane.error());
    return INVALID_HANDLE_VALUE;
  }
  auto file = std::make_shared<IcmpFile>(family);
  file->lanes.push_back(std::move(*lane));
  make_spare({.family = family});
  const std::scoped_lock lock(process().mutex);
  const auto handle = process().handles.add(file);
  if (!handle) {
    set_last_error(ERROR_TOO_MANY_OPEN_FILES);
    return INVALID_HANDLE_VALUE;
  }
  ++process().files;
  return reinterpret_cast<HANDLE>(*handle);
}

// With the last file end the workers. None of them has a request: those hold a file.
void leave_process(Process& self, std::unique_lock<std::mutex>& lock) {
  if (--self.files > 0) {
    return;
  }
  const auto workers = std::exchange(self.workers, {});
  const auto spare = std::exchange(self.spare, {});
  lock.unlock();
  for (const auto& [key, worker] : workers) {
    worker->retire();
  }
}

// False: no such handle.
bool close_file(HANDLE handle) {
  Process& self = process();
  std::shared_ptr<IcmpFile> file;  // let go of when the mutex is free again
  std::unique_lock lock(self.mutex);
  const auto value = reinterpret_cast<HandleTable::Value>(handle);
  file = self.handles.find_as<IcmpFile>(value);
  if (!file) {
    set_last_error(ERROR_INVALID_HANDLE);
    return false;
  }
  self.handles.remove(value);
  file->closing = true;
  file->idle.wait(lock, [&] { return file->outstanding == 0; });
  leave_process(self, lock);
  return true;
}

net::Address address_of(IPAddr address) noexcept { return net::Address::v4(ntohl(address)); }

EchoRequest request_to(const net::Address& destination, DWORD timeout_ms) noexcept {
  EchoRequest request;
  request.spec.destination = destination;
  request.spec.authenticate = false;
  request.timeout = std::chrono::milliseconds(timeout_ms);
  return request;
}

// False: no IPv6 address.
bool read_address(const sockaddr_in6* name, net::Address& address) noexcept {
  if (name == nullptr || name->sin6_family != AF_INET6) {
    return false;
  }
  address = net::Address::v6(std::as_bytes(std::span(name->sin6_addr.u.Byte)), name->sin6_scope_id);
  return true;
}

}  // namespace

HANDLE IcmpCreateFile() {
  return guarded(INVALID_HANDLE_VALUE, [] { return create_file(net::Family::v4); });
}

HANDLE Icmp6CreateFile() {
  return guarded(INVALID_HANDLE_VALUE, [] { return create_file(net::Family::v6); });
}

BOOL IcmpCloseHandle(HANDLE IcmpHandle) {
  return guarded(FALSE, [&]() -> BOOL { return close_file(IcmpHandle) ? TRUE : FALSE; });
}

DWORD IcmpSendEcho(HANDLE IcmpHandle, IPAddr DestinationAddress, LPVOID RequestData,
                   WORD RequestSize, PIP_OPTION_INFORMATION RequestOptions, LPVOID ReplyBuffer,
                   DWORD ReplySize, DWORD Timeout) {
  return IcmpSendEcho2Ex(IcmpHandle, nullptr, nullptr, nullptr, 0, DestinationAddress, RequestData,
                         RequestSize, RequestOptions, ReplyBuffer, ReplySize, Timeout);
}

DWORD IcmpSendEcho2(HANDLE IcmpHandle, HANDLE Event, PIO_APC_ROUTINE ApcRoutine, PVOID ApcContext,
                    IPAddr DestinationAddress, LPVOID RequestData, WORD RequestSize,
                    PIP_OPTION_INFORMATION RequestOptions, LPVOID ReplyBuffer, DWORD ReplySize,
                    DWORD Timeout) {
  return IcmpSendEcho2Ex(IcmpHandle, Event, ApcRoutine, ApcContext, 0, DestinationAddress,
                         RequestData, RequestSize, RequestOptions, ReplyBuffer, ReplySize, Timeout);
}

DWORD IcmpSendEcho2Ex(HANDLE IcmpHandle, HANDLE Event, PIO_APC_ROUTINE ApcRoutine, PVOID ApcContext,
                      IPAddr SourceAddress, IPAddr DestinationAddress, LPVOID RequestData,
                      WORD RequestSize, PIP_OPTION_INFORMATION RequestOptions, LPVOID ReplyBuffer,
                      DWORD ReplySize, DWORD Timeout) {
  return guarded(DWORD{0}, [&] {
    SendCall call{.family = net::Family::v4,
                  .handle = IcmpHandle,
                  .event = Event,
                  .routine = ApcRoutine,
                  .context = ApcContext,
                  .source = address_of(SourceAddress),
                  .data = RequestData,
                  .size = RequestSize,
                  .options = RequestOptions,
                  .reply = ReplyBuffer,
                  .reply_size = ReplySize,
                  .request = request_to(address_of(DestinationAddress), Timeout)};
    return send_echo(call);
  });
}

DWORD Icmp6SendEcho2(HANDLE IcmpHandle, HANDLE Event, PIO_APC_ROUTINE ApcRoutine, PVOID ApcContext,
                     sockaddr_in6* SourceAddress, sockaddr_in6* DestinationAddress,
                     LPVOID RequestData, WORD RequestSize, PIP_OPTION_INFORMATION RequestOptions,
                     LPVOID ReplyBuffer, DWORD ReplySize, DWORD Timeout) {
  return guarded(DWORD{0}, [&] {
    SendCall call{.family = net::Family::v6,
                  .handle = IcmpHandle,
                  .event = Event,
                  .routine = ApcRoutine,
                  .context = ApcContext,
                  .data = RequestData,
                  .size = RequestSize,
                  .options = RequestOptions,
                  .reply = ReplyBuffer,
                  .reply_size = ReplySize,
                  .request = request_to({}, Timeout)};
    (void)read_address(SourceAddress, call.source);
    call.has_destination = read_address(DestinationAddress, call.request.spec.destination);
    return send_echo(call);
  });
}
