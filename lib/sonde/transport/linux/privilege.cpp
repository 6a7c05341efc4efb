#include "sonde/transport/linux/privilege.hpp"

#include <linux/capability.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <optional>

namespace sonde::transport {
namespace {

constexpr std::uint32_t kRaw = std::uint32_t{1} << CAP_NET_RAW;
constexpr std::uint32_t kAdmin = std::uint32_t{1} << CAP_NET_ADMIN;

// The kernel's own calls: two words a set, the lower of which holds both capabilities.
using Sets = std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3>;

std::optional<Sets> current() noexcept {
  __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  Sets sets{};
  const bool read = ::syscall(SYS_capget, &header, sets.data()) == 0;
  return read ? std::optional(sets) : std::nullopt;
}

bool install(const Sets& sets) noexcept {
  __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  return ::syscall(SYS_capset, &header, sets.data()) == 0;
}

}  // namespace

RaisedPrivilege::RaisedPrivilege() noexcept {
  auto sets = current();
  if (!sets) {
    return;
  }
  const std::uint32_t missing = (*sets)[0].permitted & (kRaw | kAdmin) & ~(*sets)[0].effective;
  raw_sockets_ = ((*sets)[0].effective & kRaw) != 0;
  if (missing == 0) {
    return;
  }
  (*sets)[0].effective |= missing;
  if (install(*sets)) {
    raised_ = missing;
    raw_sockets_ = ((*sets)[0].effective & kRaw) != 0;
  }
}

RaisedPrivilege::~RaisedPrivilege() {
  if (raised_ == 0) {
    return;
  }
  if (auto sets = current()) {
    (*sets)[0].effective &= ~raised_;
    (void)install(*sets);
  }
}

}  // namespace sonde::transport
