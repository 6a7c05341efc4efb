// The exported functions that read reply buffers: icmpapi(3).
#include <icmpapi.h>

#include <cstddef>
#include <cstring>

#include "icmpapi/thread.hpp"

using sonde::icmpapi::set_last_error;

namespace {

// Buffers may begin anywhere: structures are copied out of and into them.
template <typename Structure>
Structure load(const void* at) noexcept {
  Structure value;
  std::memcpy(&value, at, sizeof value);
  return value;
}

}  // namespace

DWORD IcmpParseReplies(LPVOID ReplyBuffer, DWORD ReplySize) {
  if (ReplyBuffer == nullptr || ReplySize < sizeof(ICMP_ECHO_REPLY)) {
    set_last_error(ERROR_INVALID_PARAMETER);
    return 0;
  }
  auto first = load<ICMP_ECHO_REPLY>(ReplyBuffer);
  const DWORD count = first.Reserved;
  if (count == 0) {
    set_last_error(first.Status);
    return 0;
  }
  first.Reserved = 0;
  std::memcpy(ReplyBuffer, &first, sizeof first);
  return count;
}

DWORD Icmp6ParseReplies(LPVOID ReplyBuffer, DWORD ReplySize) {
  if (ReplyBuffer == nullptr || ReplySize < sizeof(ICMPV6_ECHO_REPLY)) {
    set_last_error(ERROR_GEN_FAILURE);
    return 0;
  }
  const ULONG status = load<ICMPV6_ECHO_REPLY>(ReplyBuffer).Status;
  if (status == IP_SUCCESS || status == IP_HOP_LIMIT_EXCEEDED) {
    return 1;
  }
  set_last_error(status);
  return 0;
}

DWORD SondeRepliesTo32(LPVOID ReplyBuffer, DWORD ReplySize, DWORD Replies) {
  if (ReplyBuffer == nullptr || Replies == 0 || Replies > ReplySize / sizeof(ICMP_ECHO_REPLY)) {
    set_last_error(ERROR_INVALID_PARAMETER);
    return 0;
  }
  auto* const base = static_cast<unsigned char*>(ReplyBuffer);
  const auto offset = [&](const void* at) -> ULONG {
    const auto distance = reinterpret_cast<ULONG_PTR>(at) - reinterpret_cast<ULONG_PTR>(base);
    return at != nullptr && distance <= ReplySize ? static_cast<ULONG>(distance) : 0;
  };
  // From the front: a structure of 28 bytes never reaches one of 40 that is still to be read.
  for (DWORD i = 0; i < Replies; ++i) {
    const auto from = load<ICMP_ECHO_REPLY>(base + i * sizeof(ICMP_ECHO_REPLY));
    ICMP_ECHO_REPLY32 to{};
    to.Address = from.Address;
    to.Status = from.Status;
    to.RoundTripTime = from.RoundTripTime;
    to.DataSize = from.DataSize;
    to.Reserved = from.Reserved;
    to.Data = offset(from.Data);
    to.Options.Ttl = from.Options.Ttl;
    to.Options.Tos = from.Options.Tos;
    to.Options.Flags = from.Options.Flags;
    to.Options.OptionsSize = from.Options.OptionsSize;
    to.Options.OptionsData = offset(from.Options.OptionsData);
    std::memcpy(base + i * sizeof to, &to, sizeof to);
  }
  return Replies;
}
