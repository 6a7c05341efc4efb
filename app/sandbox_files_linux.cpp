// Landlock (landlock(7)): its three calls have no wrappers in the C library.
#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
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

// What look-ups read: the C library's resolver, the modules of nsswitch.conf and what they load.
// All of it may be missing, or a link to anywhere. A file that is replaced while we run, which is a
// new one, is out of reach: the resolver then keeps to what it knows or asks this computer. Sockets
// need no rule.
constexpr auto kResolverFiles = std::to_array<const char*>({
    "/etc/resolv.conf",
    "/etc/hosts",
    "/etc/nsswitch.conf",
    "/etc/host.conf",
    "/etc/gai.conf",
    "/etc/services",
    "/etc/protocols",
    "/etc/networks",
    "/etc/ethers",
    "/etc/hostname",
    "/etc/machine-id",
    "/etc/localtime",
    "/etc/ld.so.cache",
    "/etc/mdns.allow",
    "/etc/mdns4.allow",
    "/etc/mdns6.allow",
    "/etc/hesiod.conf",
    "/etc/yp.conf",
    "/etc/default/nss",
    "/etc/ldap.conf",
    "/etc/libnss-ldap.conf",
    "/etc/krb5.conf",
    "/etc/samba/smb.conf",
    "/etc/ssl/openssl.cnf",
    "/etc/pki/tls/openssl.cnf",
    "/run/NetworkManager/resolv.conf",
    "/run/NetworkManager/no-stub-resolv.conf",
    "/var/db/services.db",
    "/var/lib/misc/services.db",
    "/proc/stat",
    "/proc/sys/crypto/fips_enabled",
    "/proc/sys/kernel/hostname",
    "/proc/sys/kernel/osrelease",
    "/proc/sys/kernel/random/boot_id",
});
constexpr auto kResolverFolders = std::to_array<const char*>({
    "/usr/etc",  // openSUSE's /etc/nsswitch.conf and the like
    "/etc/resolvconf/run",
    "/etc/crypto-policies",
    "/etc/ssl/certs",
    "/run/systemd/resolve",
    "/run/systemd/resolve.hook",
    "/run/systemd/machines",
    "/run/resolvconf",
    "/run/netconfig",
    "/run/connman",
    "/var/lib/sss/mc",
    "/var/lib/libvirt/dnsmasq",
    "/var/yp/binding",
    "/proc/sys/net/ipv4",
    "/proc/sys/net/ipv6",
    "/sys/devices/system/cpu",
});
constexpr auto kLibraries = std::to_array<const char*>({
    "/lib",
    "/lib64",
    "/lib32",
    "/usr/lib",
    "/usr/lib64",
    "/usr/lib32",
    "/usr/local/lib",
    "/usr/local/lib64",
    "/nix/store",
    "/gnu/store",
});

std::string failed(std::string_view what, int code = errno) {
  return "no Landlock: " + std::string(what) + ": " + std::generic_category().message(code);
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

// Where a rule could not be had, look-ups would fail: better no Landlock at all.
class Rules {
 public:
  Rules(int ruleset, const Ruleset& handled) noexcept : ruleset_(ruleset), handled_(handled) {}

  // A path that is not there, or of another kind, needs no rule.
  void allow_file(const char* path) noexcept { allow(path, false); }
  void allow_folder(const char* path) noexcept { allow(path, true); }
  void allow_look_ups() noexcept {
    std::ranges::for_each(kResolverFiles, [this](const char* path) { allow_file(path); });
    std::ranges::for_each(kResolverFolders, [this](const char* path) { allow_folder(path); });
    std::ranges::for_each(kLibraries, [this](const char* path) { allow_folder(path); });
    allow_folder("/proc/self");
    if (handled_.tcp != 0) {
      const PortRule rule{.allowed = kTcpConnect, .port = kDomainPort};
      add(kPortRule, &rule);
    }
  }
  // 0 or the errno of the first that failed.
  [[nodiscard]] int failure() const noexcept { return failure_; }

 private:
  void allow(const char* path, bool folder) noexcept {
    const int fd = ::open(path, O_PATH | O_CLOEXEC);
    if (fd < 0) {
      return;
    }
    struct stat kind{};
    if (::fstat(fd, &kind) == 0 && S_ISDIR(kind.st_mode) == folder) {
      const landlock_path_beneath_attr rule{.allowed_access = folder ? kRead : kReadFile,
                                            .parent_fd = fd};
      add(LANDLOCK_RULE_PATH_BENEATH, &rule);
    }
    (void)::close(fd);
  }
  void add(int kind, const void* rule) noexcept {
    if (::syscall(SYS_landlock_add_rule, ruleset_, kind, rule, 0) != 0 && failure_ == 0) {
      failure_ = errno;
    }
  }

  int ruleset_;
  Ruleset handled_;
  int failure_ = 0;
};

std::string what_is_left(const SandboxNeeds& needs) {
  return needs.names ? std::string(": reads only libraries, resolver files, /proc/self") +
                           (needs.reads ? ", one more" : "")
         : needs.reads ? ": only one file can be read"
                       : ": no file is in reach";
}

// Takes the rules. Out: what -v is told.
std::string restrict_to(int ruleset, int abi, const Ruleset& handled, const SandboxNeeds& needs) {
  Rules rules(ruleset, handled);
  if (needs.names) {
    rules.allow_look_ups();
  }
  if (needs.reads) {
    rules.allow_file(needs.reads->c_str());
  }
  if (rules.failure() != 0) {
    return failed("rule", rules.failure());
  }
  return ::syscall(SYS_landlock_restrict_self, ruleset, 0) == 0
             ? "Landlock " + std::to_string(abi) + what_is_left(needs)
             : failed("restrict");
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
  std::string out = restrict_to(ruleset, abi, handled, needs);
  (void)::close(ruleset);
  return out;
}

}  // namespace sonde::app
