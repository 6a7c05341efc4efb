#include "sonde/transport/windows/error_code.hpp"

#include <winsock2.h>
// After winsock2.h.
#include <windows.h>

#include <algorithm>
#include <array>
#include <utility>

#include "sonde/probe/status.hpp"

namespace sonde::transport {
namespace {

using probe::SendFailure;
using probe::Status;

struct Row {
  int code;
  SendFailure failure;
  std::string_view words;  // empty: probe::status_words()
};
constexpr int number(Status status) noexcept { return static_cast<int>(status); }

constexpr auto kRows = std::to_array<Row>({
    {ERROR_ACCESS_DENIED, SendFailure::prohibited, "access is denied"},
    {WSAEACCES, SendFailure::prohibited, "access is denied"},
    {ERROR_NOT_ENOUGH_MEMORY, SendFailure::no_buffer, "not enough memory"},
    {ERROR_NO_SYSTEM_RESOURCES, SendFailure::no_buffer, "not enough system resources"},
    {ERROR_NOT_ENOUGH_QUOTA, SendFailure::no_buffer, "not enough quota"},
    {WSAENOBUFS, SendFailure::no_buffer, "no buffer space available"},
    {number(Status::no_resources), SendFailure::no_buffer, {}},
    {number(Status::packet_too_big), SendFailure::too_big, {}},
    {WSAEMSGSIZE, SendFailure::too_big, "packet too big"},
    {ERROR_INVALID_NETNAME, SendFailure::unreachable, "no such address can be sent to or from"},
    {ERROR_NETWORK_UNREACHABLE, SendFailure::unreachable, "the network is unreachable"},
    {ERROR_HOST_UNREACHABLE, SendFailure::unreachable, "the host is unreachable"},
    {WSAENETUNREACH, SendFailure::unreachable, "the network is unreachable"},
    {WSAEHOSTUNREACH, SendFailure::unreachable, "the host is unreachable"},
    {WSAEADDRNOTAVAIL, SendFailure::unreachable, "not an address of this computer"},
    {WSAEAFNOSUPPORT, SendFailure::unreachable, "the address family is not available"},
    {number(Status::bad_destination), SendFailure::unreachable, {}},
    {number(Status::destination_host_unreachable), SendFailure::unreachable, {}},
    {number(Status::destination_net_unreachable), SendFailure::unreachable, {}},
    {ERROR_PROC_NOT_FOUND, SendFailure::other, "this Windows does not have the function"},
    {ERROR_CALL_NOT_IMPLEMENTED, SendFailure::other, "not implemented here"},
    {ERROR_FILE_NOT_FOUND, SendFailure::other, "the protocol is not installed"},
});

const Row* find(int os_code) noexcept {
  const auto row = std::ranges::find(kRows, os_code, &Row::code);
  return row == kRows.end() ? nullptr : &*row;
}

}  // namespace

SendFailure send_failure_of(int os_code) noexcept {
  const Row* const row = find(os_code);
  return row == nullptr ? SendFailure::other : row->failure;
}

std::string error_words(int os_code) {
  const Row* const row = find(os_code);
  const std::string number = "error " + std::to_string(os_code);
  const std::string_view words = row != nullptr && !row->words.empty()
                                     ? row->words
                                     : probe::status_words(static_cast<Status>(os_code));
  return words.empty() ? number : std::string(words) + " (" + number + ")";
}

Error windows_error(ErrorCode code, std::string operation, int os_code, std::string what_to_do) {
  return {.code = code,
          .operation = std::move(operation),
          .os_code = os_code,
          .why = error_words(os_code),
          .what_to_do = std::move(what_to_do)};
}

}  // namespace sonde::transport
