// seccomp (seccomp(2)): a filter that was made while the program was built, with this process's own
// number put in. libseccomp, which made it, is not here: it takes a tenth of a start-up, and does
// not survive a lack of memory.
#if SONDE_SECCOMP

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <span>
#include <system_error>

#include "app/sandbox_linux.hpp"
#include "app/sandbox_variants_linux.hpp"

namespace sonde::app {

namespace {

#include "app/sandbox_filters.inc"  // kFilters

constexpr std::size_t kLongest =
    std::ranges::max(kFilters, {}, [](const auto& filter) { return filter.size(); }).size();

// 0, or an error code.
int install(std::span<const sock_filter> filter) {
  std::array<sock_filter, kLongest> own{};
  std::ranges::copy(filter, own.begin());
  const auto process = static_cast<std::uint32_t>(::getpid());
  for (sock_filter& step : own) {
    step.k = step.k == kOwnProcess ? process : step.k;
  }
  const sock_fprog program{.len = static_cast<unsigned short>(filter.size()), .filter = own.data()};
  return ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) == 0 ? 0 : errno;
}

}  // namespace

std::string filter_system_calls(const SandboxNeeds& needs, Violation violation) {
  const FilterVariant variant{.names = needs.names,
                              .tcp_any = needs.tcp_any,
                              .reads = needs.reads.has_value(),
                              .fatal = violation == Violation::fatal};
  if (const int code = install(kFilters[number_of(variant)]); code != 0) {
    return "no seccomp filter: " + std::generic_category().message(code);
  }
  return std::string("seccomp filter: any other system call ") +
         (variant.fatal ? "ends the process" : "is refused");
}

}  // namespace sonde::app

#else

#include "app/sandbox_linux.hpp"

namespace sonde::app {

std::string filter_system_calls(const SandboxNeeds& /*needs*/, Violation /*violation*/) {
  return "no seccomp filter: not in this build";
}

}  // namespace sonde::app

#endif
