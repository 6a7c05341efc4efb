// Landlock (landlock(7)): its three calls have no wrappers in the C library.
#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string_view>
#include <system_error>

#include "app/sandbox_linux.hpp"

namespace sonde::app {

namespace {

// Younger than the oldest headers that we build with. A kernel takes a longer structure than it
// knows as long as the rest is 0.
struct Ruleset {
  std::uint64_t files = 0;
  std::uint64_t tcp = 0;    // ABI 4
  std::uint64_t scope = 0;  // ABI 6
};
struct PortRule {
  std::uint64_t allowed;
  std::uint64_t port;
};
constexpr std::uint64_t kTruncate = 1U << 14U;  // ABI 3
constexpr std::uint64_t kIoctlDevice = 1U << 15U;
constexpr std::uint64_t kTcpBind = 1U << 0U;
constexpr std::uint64_t kTcpConnect = 1U << 1U;
constexpr std::uint64_t kAbstractSockets = 1U << 0U;
constexpr std::uint64_t kSignals = 1U << 1U;
constexpr int kPortRule = 2;
constexpr std::uint64_t kDomainPort = 53;

constexpr int kAbiRefer = 2;
constexpr int kAbiTruncate = 3;
constexpr int kAbiTcp = 4;
constexpr int kAbiIoctl = 5;
constexpr int kAbiScope = 6;

constexpr std::uint64_t kReadFile = LANDLOCK_ACCESS_FS_READ_FILE;
constexpr std::uint64_t kRead = kReadFile | LANDLOCK_ACCESS_FS_READ_DIR;

// Where the C library's resolver, its modules and what they load are kept; nobody's own files are
// below these. The last two by themselves, because they may be links to anywhere.
constexpr std::array<const char*, 13> kResolverPaths{
    "/etc", "/usr", "/lib", "/lib64",           "/run",      "/var", "/proc", "/sys",
    "/nix", "/gnu", "/opt", "/etc/resolv.conf", "/etc/hosts"};

std::string failed(std::string_view what) {
  return "no Landlock: " + std::string(what) + ": " + std::generic_category().message(errno);
}

Ruleset ruleset_of(int abi, const SandboxNeeds& needs) noexcept {
  constexpr std::uint64_t kFirstAbi = LANDLOCK_ACCESS_FS_REFER - 1;  // all bits below
  Ruleset out{.files = kFirstAbi};
  out.files |= abi >= kAbiRefer ? LANDLOCK_ACCESS_FS_REFER : 0;
  out.files |= abi >= kAbiTruncate ? kTruncate : 0;
  out.files |= abi >= kAbiIoctl ? kIoctlDevice : 0;
  out.tcp = abi >= kAbiTcp && !needs.tcp_any ? kTcpBind | kTcpConnect : 0;
  out.scope = abi < kAbiScope ? 0 : needs.names ? kSignals : kSignals | kAbstractSockets;
  return out;
}

// A path that is not there needs no rule.
void allow_reading(int ruleset, const char* path) noexcept {
  const int fd = ::open(path, O_PATH | O_CLOEXEC);
  if (fd < 0) {
    return;
  }
  struct stat kind{};
  const bool folder = ::fstat(fd, &kind) == 0 && S_ISDIR(kind.st_mode);
  const landlock_path_beneath_attr rule{.allowed_access = folder ? kRead : kReadFile,
                                        .parent_fd = fd};
  (void)::syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
  (void)::close(fd);
}

void allow_look_ups(int ruleset, const Ruleset& handled) noexcept {
  for (const char* path : kResolverPaths) {
    allow_reading(ruleset, path);
  }
  if (handled.tcp != 0) {
    const PortRule rule{.allowed = kTcpConnect, .port = kDomainPort};
    (void)::syscall(SYS_landlock_add_rule, ruleset, kPortRule, &rule, 0);
  }
}

}  // namespace

std::string close_files(const SandboxNeeds& needs) {
  const auto abi = static_cast<int>(
      ::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION));
  if (abi < 1) {
    return failed("version");
  }
  const Ruleset handled = ruleset_of(abi, needs);
  const auto ruleset =
      static_cast<int>(::syscall(SYS_landlock_create_ruleset, &handled, sizeof handled, 0));
  if (ruleset < 0) {
    return failed("rules");
  }
  if (needs.names) {
    allow_look_ups(ruleset, handled);
  }
  if (needs.reads) {
    allow_reading(ruleset, needs.reads->c_str());
  }
  const char* const left = needs.names   ? ": only the resolver's files can be read"
                           : needs.reads ? ": only one file can be read"
                                         : ": no file is in reach";
  const bool holds = ::syscall(SYS_landlock_restrict_self, ruleset, 0) == 0;
  const std::string out = holds ? "Landlock " + std::to_string(abi) + left : failed("restrict");
  (void)::close(ruleset);
  return out;
}

}  // namespace sonde::app
