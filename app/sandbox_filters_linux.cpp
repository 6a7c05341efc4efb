// sandbox_filters_linux.cpp: a program of the build: writes the seccomp filters as an array for
// sandbox_calls_linux.cpp. Here stands what a run may ask of the kernel. libseccomp knows the
// numbers of all architectures; what is missing on this one is left out by it.
// In: the file to write. Exit code 1: a word on stderr.
#include <fcntl.h>
#include <linux/filter.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <initializer_list>
#include <limits>
#include <memory>
#include <span>
#include <type_traits>
#include <vector>

#include "app/sandbox_variants_linux.hpp"

namespace sonde::app {

namespace {

// Probing, writing, waiting, memory, the end. None of them reaches a new thing.
constexpr auto kCalls = std::to_array<int>({
    SCMP_SYS(ppoll),
    SCMP_SYS(ppoll_time64),
    SCMP_SYS(poll),
    SCMP_SYS(sendmmsg),
    SCMP_SYS(recvmmsg),
    SCMP_SYS(recvmmsg_time64),
    SCMP_SYS(recvmsg),
    SCMP_SYS(sendmsg),
    SCMP_SYS(sendto),
    SCMP_SYS(recvfrom),
    SCMP_SYS(write),
    SCMP_SYS(read),
    SCMP_SYS(close),
    SCMP_SYS(setsockopt),
    SCMP_SYS(getsockopt),
    SCMP_SYS(getsockname),
    SCMP_SYS(connect),
    SCMP_SYS(bind),
    SCMP_SYS(clock_gettime),
    SCMP_SYS(clock_gettime64),
    SCMP_SYS(clock_nanosleep),
    SCMP_SYS(clock_nanosleep_time64),
    SCMP_SYS(getrandom),
    SCMP_SYS(brk),
    SCMP_SYS(munmap),
    SCMP_SYS(mremap),
    SCMP_SYS(futex),
    SCMP_SYS(futex_time64),
    SCMP_SYS(gettid),
    SCMP_SYS(rt_sigaction),
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(sigreturn),
    SCMP_SYS(restart_syscall),
    SCMP_SYS(exit_group),
    SCMP_SYS(socketcall),  // how a C library for i386 reaches the calls of sockets
});

// What threads need.
constexpr auto kThreadCalls = std::to_array<int>({
    SCMP_SYS(set_robust_list),
    SCMP_SYS(rseq),
    SCMP_SYS(sched_getaffinity),
    SCMP_SYS(sched_yield),
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(sigaltstack),
    SCMP_SYS(madvise),
    SCMP_SYS(exit),
});

// What many sockets at once need: TCP probes without privilege, and some resolvers' modules.
constexpr auto kEpollCalls = std::to_array<int>({
    SCMP_SYS(epoll_ctl),
    SCMP_SYS(epoll_wait),
    SCMP_SYS(epoll_pwait),
});

// What getaddrinfo() and its modules add; reading a file needs some of it. Nothing of it writes a
// file or starts a program.
constexpr auto kLookUpCalls = std::to_array<int>({
    SCMP_SYS(stat),
    SCMP_SYS(stat64),
    SCMP_SYS(lstat),
    SCMP_SYS(lstat64),
    SCMP_SYS(fstat),
    SCMP_SYS(fstat64),
    SCMP_SYS(newfstatat),
    SCMP_SYS(fstatat64),
    SCMP_SYS(statx),
    SCMP_SYS(statfs),
    SCMP_SYS(statfs64),
    SCMP_SYS(fstatfs),
    SCMP_SYS(fstatfs64),
    SCMP_SYS(access),
    SCMP_SYS(faccessat),
    SCMP_SYS(faccessat2),
    SCMP_SYS(readlink),
    SCMP_SYS(readlinkat),
    SCMP_SYS(getdents64),
    SCMP_SYS(lseek),
    SCMP_SYS(_llseek),
    SCMP_SYS(pread64),
    SCMP_SYS(readv),
    SCMP_SYS(writev),
    SCMP_SYS(fadvise64),
    SCMP_SYS(fcntl),
    SCMP_SYS(fcntl64),
    SCMP_SYS(getcwd),
    SCMP_SYS(uname),
    SCMP_SYS(sysinfo),
    SCMP_SYS(getpid),
    SCMP_SYS(getuid),
    SCMP_SYS(getuid32),
    SCMP_SYS(geteuid),
    SCMP_SYS(geteuid32),
    SCMP_SYS(getgid),
    SCMP_SYS(getgid32),
    SCMP_SYS(getegid),
    SCMP_SYS(getegid32),
    SCMP_SYS(getpeername),
    SCMP_SYS(shutdown),
    SCMP_SYS(select),
    SCMP_SYS(pselect6),
    SCMP_SYS(pselect6_time64),
    SCMP_SYS(epoll_create1),
    SCMP_SYS(epoll_pwait2),
    SCMP_SYS(eventfd2),
    SCMP_SYS(nanosleep),
    SCMP_SYS(rt_sigtimedwait),
    SCMP_SYS(gettimeofday),
    SCMP_SYS(time),
});

// Is this a terminal, and how wide?
constexpr auto kTerminalRequests = std::to_array<std::uint64_t>(
    {TCGETS, 0x802C542A /* TCGETS2, of newer C libraries */, TIOCGWINSZ});
// What waits; names of interfaces.
constexpr auto kLookUpRequests =
    std::to_array<std::uint64_t>({FIONREAD, 0x8933 /* SIOCGIFINDEX */, 0x8910 /* SIOCGIFNAME */});

struct ReleaseFilter {
  void operator()(void* filter) const noexcept { ::seccomp_release(filter); }
};

struct CloseFile {
  void operator()(std::FILE* file) const noexcept { (void)std::fclose(file); }
};

// The filter as it grows; the first refusal of the library is kept.
class Filter {
 public:
  explicit Filter(std::uint32_t otherwise) noexcept : filter_(::seccomp_init(otherwise)) {
    constexpr std::uint32_t kAsTree = 2;  // the kernel looks at each call's number when it loads
    note(filter_ == nullptr ? -ENOMEM : 0);
    note(set(SCMP_FLTATR_API_SYSRAWRC, 1));
    (void)set(SCMP_FLTATR_CTL_OPTIMIZE, kAsTree);
  }
  void allow(std::span<const int> calls) noexcept {
    for (const int call : calls) {
      rule(SCMP_ACT_ALLOW, call, {});
    }
  }
  void allow(int call, std::initializer_list<scmp_arg_cmp> when) noexcept {
    rule(SCMP_ACT_ALLOW, call, {when.begin(), when.size()});
  }
  void answer(int call, std::uint16_t error) noexcept { rule(SCMP_ACT_ERRNO(error), call, {}); }
  // Empty: it could not be made.
  [[nodiscard]] std::vector<sock_filter> program() {
    const std::unique_ptr<std::FILE, CloseFile> file(std::tmpfile());
    if (code_ != 0 || file == nullptr ||
        ::seccomp_export_bpf(filter_.get(), ::fileno(file.get())) != 0 ||
        std::fseek(file.get(), 0, SEEK_SET) != 0) {
      return {};
    }
    std::vector<sock_filter> out(BPF_MAXINSNS);
    out.resize(std::fread(out.data(), sizeof out[0], out.size(), file.get()));
    return out;
  }

 private:
  int set(scmp_filter_attr attribute, std::uint32_t value) noexcept {
    return filter_ ? ::seccomp_attr_set(filter_.get(), attribute, value) : 0;
  }
  void rule(std::uint32_t action, int call, std::span<const scmp_arg_cmp> when) noexcept {
    if (code_ == 0) {
      note(::seccomp_rule_add_array(filter_.get(), action, call, static_cast<unsigned>(when.size()),
                                    when.data()));
    }
  }
  void note(int code) noexcept { code_ = code_ == 0 ? code : code_; }

  std::unique_ptr<std::remove_pointer_t<scmp_filter_ctx>, ReleaseFilter> filter_;
  int code_ = 0;
};

constexpr std::uint64_t kLow = std::numeric_limits<std::uint32_t>::max();  // of an int argument

// Argument `index` and `mask` is `value`.
scmp_arg_cmp argument(unsigned index, std::uint64_t mask, std::uint64_t value) noexcept {
  return {.arg = index, .op = SCMP_CMP_MASKED_EQ, .datum_a = mask, .datum_b = value};
}

void allow_requests(Filter& filter, std::span<const std::uint64_t> requests) noexcept {
  for (const std::uint64_t request : requests) {
    filter.allow(SCMP_SYS(ioctl), {argument(1, kLow, request)});
  }
}

// A datagram socket tells which of our addresses leads to a target.
void allow_sockets(Filter& filter, const FilterVariant& needs) noexcept {
  constexpr std::uint64_t kKind = 0xf;  // without SOCK_CLOEXEC and SOCK_NONBLOCK
  constexpr std::uint64_t kBothFamilies = kLow & ~std::uint64_t{AF_INET ^ AF_INET6};
  static_assert((AF_INET & AF_INET6) == AF_INET && (AF_INET ^ AF_INET6) == 8);
  const scmp_arg_cmp internet = argument(0, kBothFamilies, AF_INET);
  filter.allow(SCMP_SYS(socket), {internet, argument(1, kKind, SOCK_DGRAM)});
  if (needs.names || needs.tcp_any) {
    filter.allow(SCMP_SYS(socket), {internet, argument(1, kKind, SOCK_STREAM)});
  }
  if (needs.names) {
    constexpr std::uint64_t kRouteProtocol = 0;
    filter.allow(SCMP_SYS(socket), {argument(0, kLow, AF_UNIX)});
    filter.allow(SCMP_SYS(socket),
                 {argument(0, kLow, AF_NETLINK), argument(2, kLow, kRouteProtocol)});
  }
}

// Memory that can be executed comes from files alone, and only for the resolver's modules.
void allow_memory(Filter& filter, const FilterVariant& needs) noexcept {
  constexpr std::uint64_t kBoth = PROT_WRITE | PROT_EXEC;
  for (const int call : {SCMP_SYS(mmap), SCMP_SYS(mmap2)}) {
    filter.allow(call, {argument(2, PROT_EXEC, 0)});
    if (needs.names) {
      filter.allow(call, {argument(2, kBoth, PROT_EXEC), argument(3, MAP_ANONYMOUS, 0)});
    }
  }
  filter.allow(SCMP_SYS(mprotect), {argument(2, PROT_EXEC, 0)});
}

// A thread, no process.
void allow_threads(Filter& filter) noexcept {
  constexpr std::uint64_t kThread = 0x10000;  // CLONE_THREAD
#if defined(__s390x__)
  constexpr unsigned kFlags = 1;
#else
  constexpr unsigned kFlags = 0;
#endif
  filter.allow(kThreadCalls);
  filter.allow(SCMP_SYS(clone), {argument(kFlags, kThread, kThread)});
  filter.answer(SCMP_SYS(clone3), ENOSYS);  // its flags are out of a filter's sight: clone, then
}

void allow_reading(Filter& filter) noexcept {
  constexpr std::uint64_t kChanging = O_ACCMODE | O_CREAT | O_TRUNC;
  filter.allow(SCMP_SYS(open), {argument(1, kChanging, O_RDONLY)});
  filter.allow(SCMP_SYS(openat), {argument(2, kChanging, O_RDONLY)});
}

std::vector<sock_filter> make_filter(const FilterVariant& needs) {
  Filter filter(needs.fatal ? SCMP_ACT_KILL_PROCESS : SCMP_ACT_ERRNO(EPERM));
  filter.allow(kCalls);
  filter.allow(SCMP_SYS(tgkill), {argument(0, kLow, kOwnProcess)});
  allow_requests(filter, kTerminalRequests);
  allow_memory(filter, needs);
  allow_sockets(filter, needs);
  if (needs.names || needs.tcp_any) {
    filter.allow(kEpollCalls);
  }
  if (needs.names) {
    allow_threads(filter);
    allow_requests(filter, kLookUpRequests);
  }
  if (needs.names || needs.reads) {
    filter.allow(kLookUpCalls);
    allow_reading(filter);
  }
  return filter.program();
}

// The place for the process's number is there once, in a comparison.
bool usable(std::span<const sock_filter> filter) {
  const auto place = [](const sock_filter& step) { return step.k == kOwnProcess; };
  const auto at = std::ranges::find_if(filter, place);
  return at != filter.end() && BPF_CLASS(at->code) == BPF_JMP &&
         std::ranges::count_if(filter, place) == 1;
}

void write_filter(std::FILE* out, std::size_t number, std::span<const sock_filter> filter) {
  std::fprintf(out, "constexpr auto kFilter%zu = std::to_array<sock_filter>({", number);
  for (const sock_filter& step : filter) {
    std::fprintf(out, "{%u, %u, %u, %uU}, ", unsigned{step.code}, unsigned{step.jt},
                 unsigned{step.jf}, step.k);
  }
  std::fprintf(out, "});\n");
}

bool write_filters(std::FILE* out) {
  std::vector<FilterVariant> variants(kFilterVariants);
  for (unsigned bits = 0; bits < 16; ++bits) {
    const FilterVariant variant{.names = (bits & 1U) != 0,
                                .tcp_any = (bits & 2U) != 0,
                                .reads = (bits & 4U) != 0,
                                .fatal = (bits & 8U) != 0};
    variants.at(number_of(variant)) = variant;
  }
  for (std::size_t i = 0; i < variants.size(); ++i) {
    const std::vector<sock_filter> filter = make_filter(variants[i]);
    if (!usable(filter)) {
      return false;
    }
    write_filter(out, i, filter);
  }
  std::fprintf(out, "constexpr auto kFilters = std::to_array<std::span<const sock_filter>>({");
  for (std::size_t i = 0; i < variants.size(); ++i) {
    std::fprintf(out, "kFilter%zu, ", i);
  }
  std::fprintf(out, "});\n");
  return std::fflush(out) == 0;
}

}  // namespace

}  // namespace sonde::app

int main(int argc, char** argv) {
  const std::unique_ptr<std::FILE, sonde::app::CloseFile> out(argc == 2 ? std::fopen(argv[1], "w")
                                                                        : nullptr);
  if (out == nullptr || !sonde::app::write_filters(out.get())) {
    (void)std::fputs("sandbox_filters: no filter could be made and written\n", stderr);
    return 1;
  }
  return 0;
}
