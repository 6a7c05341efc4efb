// send_echo.hpp: one request of the family, from its arguments to its answer or its submission.
// The four IcmpSendEcho functions differ only in how they fill this in.
#pragma once

#include <ipexport.h>
#include <windef.h>
#include <winternl.h>

#include "sonde/net/address.hpp"

namespace sonde::icmpapi {

struct SendCall {
  net::Family family = net::Family::v4;
  HANDLE handle = nullptr;
  HANDLE event = nullptr;
  PIO_APC_ROUTINE routine = nullptr;
  PVOID context = nullptr;
  net::Address source{};  // unspecified: the system chooses
  net::Address destination{};
  bool has_destination = true;  // an address of this family was given
  const void* data = nullptr;
  WORD size = 0;
  const IP_OPTION_INFORMATION* options = nullptr;
  void* reply = nullptr;
  DWORD reply_size = 0;
  DWORD timeout_ms = 0;
};

// The functions' return value; sets the last error.
[[nodiscard]] DWORD send_echo(const SendCall& call);

}  // namespace sonde::icmpapi
