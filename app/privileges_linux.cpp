#include <fcntl.h>
#include <grp.h>
#include <sys/auxv.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <memory>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

#include "app/privileges.hpp"
#include "app/signals.hpp"
#include "app/terminal.hpp"

namespace sonde::app {

namespace {

using Step = std::expected<void, std::string>;

std::unexpected<std::string> failed(const char* what, int code = errno) {
  return std::unexpected(std::string(what) + ": " + std::generic_category().message(code));
}

struct FreeCapabilities {
  void operator()(_cap_struct* set) const noexcept { (void)::cap_free(set); }
};
using Capabilities = std::unique_ptr<_cap_struct, FreeCapabilities>;

// Like the C library for setuid programs: what was closed gives errors, not somebody's socket.
void keep_open(int fd) noexcept {
  if (::fcntl(fd, F_GETFD) == 0 || errno != EBADF) {
    return;
  }
  const int filler = ::open("/dev/null", fd == kStdin ? O_WRONLY : O_RDONLY);
  if (filler >= 0 && filler != fd) {
    (void)::close(filler);
  }
}

// Only root may change its groups; they are the caller's already unless we are setuid root.
Step drop_identity() {
  const uid_t user = ::getuid();
  const gid_t group = ::getgid();
  const bool set_user = ::geteuid() != user;
  if (!set_user && ::getegid() == group) {
    return {};
  }
  if (::setresgid(group, group, group) != 0) {
    return failed("setresgid");
  }
  if (::setresuid(user, user, user) != 0) {
    return failed("setresuid");
  }
  std::array<uid_t, 3> users{};
  std::array<gid_t, 3> groups{};
  if (::getresuid(&users[0], &users[1], &users[2]) != 0 ||
      ::getresgid(&groups[0], &groups[1], &groups[2]) != 0) {
    return failed("getresuid");
  }
  if (users != std::array{user, user, user} || groups != std::array{group, group, group}) {
    return std::unexpected("the caller's identity could not be taken back");
  }
  return {};
}

Step drop_capabilities() {
  // Not before Linux 4.3; what is not permitted any more leaves the ambient set by itself.
  (void)::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0L, 0L, 0L);
  const Capabilities none(::cap_init());
  if (none == nullptr || ::cap_set_proc(none.get()) != 0) {
    return failed("drop capabilities");
  }
  const Capabilities now(::cap_get_proc());
  if (now == nullptr) {
    return failed("verify that no capability is left");
  }
  if (::cap_compare(now.get(), none.get()) != 0) {
    return std::unexpected("drop capabilities: some are left");
  }
  return {};
}

Step set(int what, unsigned long value, const char* name) {
  return ::prctl(what, value, 0L, 0L, 0L) == 0 ? Step() : failed(name);
}

// What -v is told.
struct StepsTold {
  std::string holds = "caller's ids";
  std::vector<std::string> failures{};

  void add(Step step, std::string_view done) {
    if (step) {
      holds.append(", ").append(done);
    } else {
      failures.push_back("cannot " + std::move(step.error()));
    }
  }
  [[nodiscard]] std::vector<std::string> lines() && {
    failures.insert(failures.begin(), std::move(holds));
    for (std::string& line : failures) {
      line.insert(0, "privileges: ");
    }
    return std::move(failures);
  }
};

}  // namespace

void secure_start() noexcept {
  for (const int fd : {kStdin, kStdout, kStderr}) {
    keep_open(fd);
  }
  reset_signals();
  if (more_than_caller()) {
    constexpr mode_t kOthersNothing = 077;
    (void)::umask(kOthersNothing);
  }
}

int end_process(ExitCode code) noexcept { return number(code); }

bool caller_is_root() noexcept { return ::getuid() == 0 && ::geteuid() == 0; }

bool more_than_caller() noexcept {
  return ::getauxval(AT_SECURE) != 0 || ::geteuid() != ::getuid() || ::getegid() != ::getgid();
}

// A program with more rights than its caller refuses to go on with them. No other step is a reason
// not to probe.
std::expected<std::vector<std::string>, std::string> drop_privileges() {
  const bool secret = more_than_caller();  // not true any more once the identity is back
  if (auto step = drop_identity(); !step) {
    return std::unexpected(std::move(step.error()));
  }
  auto capabilities = drop_capabilities();
  if (secret && !capabilities) {
    return std::unexpected(std::move(capabilities.error()));
  }
  StepsTold told;
  told.add(std::move(capabilities), "no capabilities");
  told.add(set(PR_SET_NO_NEW_PRIVS, 1, "set no_new_privs"), "no_new_privs");
  if (secret) {
    told.add(set(PR_SET_DUMPABLE, 0, "forbid core dumps"), "no core dumps");
  } else {
    told.holds += ", dumps unchanged";
  }
  return std::move(told).lines();
}

}  // namespace sonde::app
