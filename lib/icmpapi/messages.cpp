#include "icmpapi/messages.hpp"

#include <ipexport.h>
#include <winerror.h>

#include <algorithm>
#include <array>
#include <span>

namespace sonde::icmpapi {
namespace {

struct Message {
  DWORD code;
  std::string_view text;
};

constexpr std::array kErrors{
    Message{NO_ERROR, "The operation completed successfully."},
    Message{ERROR_INVALID_FUNCTION, "Incorrect function."},
    Message{ERROR_FILE_NOT_FOUND, "The system cannot find the file specified."},
    Message{ERROR_TOO_MANY_OPEN_FILES, "The system cannot open the file."},
    Message{ERROR_ACCESS_DENIED, "Access is denied."},
    Message{ERROR_INVALID_HANDLE, "The handle is invalid."},
    Message{ERROR_NOT_ENOUGH_MEMORY, "Not enough memory resources are available."},
    Message{ERROR_OUTOFMEMORY, "Not enough memory is available."},
    Message{ERROR_GEN_FAILURE, "A device attached to the system is not functioning."},
    Message{ERROR_NOT_SUPPORTED, "The request is not supported."},
    Message{ERROR_INVALID_PARAMETER, "The parameter is incorrect."},
    Message{ERROR_INSUFFICIENT_BUFFER, "The buffer passed to a system call is too small."},
    Message{ERROR_MR_MID_NOT_FOUND, "There is no message with this number."},
    Message{ERROR_IO_INCOMPLETE, "The input or output is not complete."},
    Message{ERROR_IO_PENDING, "Overlapped input or output is in progress."},
    Message{ERROR_NOACCESS, "Invalid access to memory location."},
    Message{ERROR_INVALID_NETNAME, "The format of the specified network name is invalid."},
    Message{ERROR_NETWORK_UNREACHABLE, "The network location cannot be reached."},
    Message{ERROR_HOST_UNREACHABLE, "The host cannot be reached."},
    Message{ERROR_TIMEOUT, "The operation returned because its time was over."},
    Message{10004, "A blocking operation was interrupted."},             // WSAEINTR
    Message{10013, "Access to a socket was forbidden."},                 // WSAEACCES
    Message{10014, "An invalid pointer was passed to a call."},          // WSAEFAULT
    Message{10022, "An invalid argument was supplied."},                 // WSAEINVAL
    Message{10040, "A message was larger than what it must fit into."},  // WSAEMSGSIZE
    Message{10051, "A socket operation met an unreachable network."},    // WSAENETUNREACH
    Message{10060, "A connection attempt was not answered in time."},    // WSAETIMEDOUT
    Message{10065, "A socket operation met an unreachable host."},       // WSAEHOSTUNREACH
    Message{10091, "The network subsystem is not ready."},               // WSASYSNOTREADY
    Message{10092, "This version of Winsock is not supported."},         // WSAVERNOTSUPPORTED
    Message{10093, "WSAStartup was not called, or it failed."},          // WSANOTINITIALISED
};

// FormatMessage() says these too, where Windows would speak of Winsock's errors of the same
// numbers: nothing sets one of those here.
constexpr std::array kStatuses{
    Message{IP_SUCCESS, "The request was answered."},
    Message{IP_BUF_TOO_SMALL, "Buffer too small."},
    Message{IP_DEST_NET_UNREACHABLE, "Destination net unreachable."},
    Message{IP_DEST_HOST_UNREACHABLE, "Destination host unreachable."},
    Message{IP_DEST_PROT_UNREACHABLE, "Destination protocol unreachable."},
    Message{IP_DEST_PORT_UNREACHABLE, "Destination port unreachable."},
    Message{IP_NO_RESOURCES, "No resources."},
    Message{IP_BAD_OPTION, "Bad option specified."},
    Message{IP_HW_ERROR, "Hardware error."},
    Message{IP_PACKET_TOO_BIG, "Packet needs to be fragmented but DF set."},
    Message{IP_REQ_TIMED_OUT, "Request timed out."},
    Message{IP_BAD_REQ, "Bad request."},
    Message{IP_BAD_ROUTE, "Invalid source route specified."},
    Message{IP_TTL_EXPIRED_TRANSIT, "TTL expired in transit."},
    Message{IP_TTL_EXPIRED_REASSEM, "TTL expired during reassembly."},
    Message{IP_PARAM_PROBLEM, "IP parameter problem."},
    Message{IP_SOURCE_QUENCH, "Source quench received."},
    Message{IP_OPTION_TOO_BIG, "Option too big."},
    Message{IP_BAD_DESTINATION, "Bad destination."},
    Message{IP_DEST_UNREACHABLE, "Destination unreachable."},
    Message{IP_TIME_EXCEEDED, "Time exceeded."},
    Message{IP_BAD_HEADER, "Bad header field."},
    Message{IP_UNRECOGNIZED_NEXT_HEADER, "Unrecognized next header."},
    Message{IP_ICMP_ERROR, "ICMP error."},
    Message{IP_DEST_SCOPE_MISMATCH, "Destination scope mismatch."},
    Message{IP_GENERAL_FAILURE, "General failure."},
    Message{IP_PENDING, "The request is pending."},
};

std::string_view find(std::span<const Message> messages, DWORD code) noexcept {
  const auto found = std::ranges::find(messages, code, &Message::code);
  return found == messages.end() ? std::string_view{} : found->text;
}

}  // namespace

std::string_view message_of_error(DWORD error) noexcept { return find(kErrors, error); }

std::string_view message_of_status(DWORD status) noexcept { return find(kStatuses, status); }

}  // namespace sonde::icmpapi
