// iphlpapi.hpp: the echo functions of iphlpapi.dll, as much of them as we use; the seam for tests.
// Found when they are needed, as their documentation recommends: IPv6 and the choice of a source
// address are not on every system. No operating-system header here.
// One call is one probe. A call that could be started completes exactly once, with a reply, an ICMP
// error or its time-out: completed() then runs on the thread that made the call, while that thread
// waits alertably (SleepEx). It cannot be cancelled. Codes in results are Win32 errors or
// IP_STATUS; what came of a call stands in its reply buffer. Source: ICMPAPI.md in the project's
// notes; learn.microsoft.com, icmpapi.h.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>

#include "sonde/base/bytes.hpp"
#include "sonde/net/address.hpp"
#include "sonde/net/fields.hpp"

namespace sonde::transport {

class EchoCompletion {
 public:
  // `error`: the Win32 code that the call ended with; 0: none, whatever the buffer says.
  virtual void completed(int error) noexcept = 0;

 protected:
  ~EchoCompletion() = default;
};

struct EchoCall {
  std::optional<net::Address> source{};  // of the destination's family; absent: the system's choice
  net::Address destination{};
  Bytes payload{};  // copied by the call
  std::optional<net::Ttl> ttl{};
  net::Tos tos{};
  bool dont_fragment = false;
  bool reverse = false;
  Bytes header_options{};
  MutableBytes reply{};  // stays in place until completed()
  std::uint32_t timeout_ms = 0;
  EchoCompletion* completion = nullptr;
};

class IcmpApi {
 public:
  // Gives the handles back; blocks while calls are outstanding.
  virtual ~IcmpApi() = default;

  // Before any send() to this family. 0, or why not.
  [[nodiscard]] virtual int open(net::Family family) noexcept = 0;
  // 0: under way. Otherwise nothing was sent, and completed() will not run.
  [[nodiscard]] virtual int send(const EchoCall& call) noexcept = 0;
  // IcmpParseReplies: the number of reply structures in an IPv4 call's buffer.
  [[nodiscard]] virtual std::uint32_t parse_v4(MutableBytes reply) noexcept = 0;
  // Icmp6ParseReplies: an IPv6 call's buffer is to be read after it. What it counts is in there.
  virtual void parse_v6(MutableBytes reply) noexcept = 0;
};

// The system's own. Error: why iphlpapi.dll or what is needed of it is not there.
[[nodiscard]] std::expected<std::unique_ptr<IcmpApi>, int> load_iphlpapi();

}  // namespace sonde::transport
