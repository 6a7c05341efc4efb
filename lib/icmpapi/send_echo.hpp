// send_echo.hpp: one request of the family, from its arguments to its answer or its submission.
// The four IcmpSendEcho functions differ only in how they fill this in.
#pragma once

#include <ipexport.h>
#include <windef.h>
#include <winternl.h>

#include "icmpapi/lane.hpp"
#include "sonde/net/address.hpp"

namespace sonde::icmpapi {

struct SendCall {
  net::Family family = net::Family::v4;
  HANDLE handle = nullptr;
  HANDLE event = nullptr;
  PIO_APC_ROUTINE routine = nullptr;
  PVOID context = nullptr;
  net::Address source{};        // unspecified: the system chooses
  bool has_destination = true;  // an address of this family was given
  const void* data = nullptr;
  WORD size = 0;
  const IP_OPTION_INFORMATION* options = nullptr;
  void* reply = nullptr;
  DWORD reply_size = 0;
  // Destination and time-out; the rest from the arguments above once they have been looked at.
  // Never copied: to copy what was just written in pieces costs a stall for each of them.
  EchoRequest request{};
};

// The functions' return value; sets the last error.
[[nodiscard, gnu::hot]] DWORD send_echo(SendCall& call);

}  // namespace sonde::icmpapi
