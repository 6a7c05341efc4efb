// resolver.hpp: names to addresses and back, off the caller's thread, with a deadline.
// forward(): a host name, or an address in any spelling that the system takes, with an interface
// name as zone. reverse(): an address. Both return at once; answers come by take_*() after the
// wake-up function was called from the resolver's thread. A look-up that misses its deadline is
// answered with timed_out, at the latest by the take_*() after it: nobody ever waits for the
// system's resolver, not even the destructor (its threads are left to end with the process).
// Forward look-ups run side by side, up to 512 of them, each on a thread with a small stack;
// reverse ones on threads of their own, as ReverseLimits says.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sonde/base/clock.hpp"
#include "sonde/base/untrusted.hpp"
#include "sonde/net/address.hpp"

namespace sonde::resolve {

enum class FamilyWanted : std::uint8_t { any, v4, v6 };

enum class ResolveFailure : std::uint8_t {
  not_found,  // the name does not exist, or has no address of the family
  temporary,  // the name server failed
  timed_out,  // no answer before the deadline
  system,
};

struct ResolveError {
  ResolveFailure failure = ResolveFailure::not_found;
  std::string message;  // one line: "Name or service not known"
};

struct ForwardAnswer {
  std::uint32_t id = 0;
  // In the resolver's order (RFC 6724), at least one.
  std::expected<std::vector<net::Address>, ResolveError> addresses;
};

struct ReverseAnswer {
  net::Address address;
  Untrusted name;  // empty: it has none
};

// What does not find room is dropped: names are a courtesy.
struct ReverseLimits {
  std::size_t threads = 16;  // one dead name server holds up no other's answer
  std::size_t waiting = 1024;
  bool once = true;  // each address is asked once, ever
};

class Resolver {
 public:
  // `clock` outlives the resolver; `wake` may be called from another thread at any time, also
  // after the resolver was destroyed: it must not own what dies with the caller.
  Resolver(const Clock& clock, std::function<void()> wake, ReverseLimits limits = {});
  ~Resolver();
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;

  void forward(std::uint32_t id, std::string name, FamilyWanted family, Duration timeout);
  void reverse(const net::Address& address);

  [[nodiscard]] std::vector<ForwardAnswer> take_forward();
  [[nodiscard]] std::vector<ReverseAnswer> take_reverse();
  // When the next forward look-up under way will be given up; nullopt: none is under way.
  [[nodiscard]] std::optional<Instant> deadline() const;

 private:
  struct Shared;  // lives on while a thread still waits for the system
  const Clock& clock_;
  ReverseLimits limits_;
  std::shared_ptr<Shared> shared_;
};

// An address with a zone by name ("fe80::1%eth0"): the zone's index is asked from the system.
// nullopt: no address, or no such interface. Never asks the network.
[[nodiscard]] std::optional<net::Address> numeric_address(const std::string& text);

}  // namespace sonde::resolve
