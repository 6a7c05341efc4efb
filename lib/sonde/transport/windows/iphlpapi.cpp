#include "sonde/transport/windows/iphlpapi.hpp"

#include <winsock2.h>
#include <ws2tcpip.h>
// After winsock2.h, which would bring an older socket interface otherwise.
#include <windows.h>
#include <winternl.h>
// The types of ipexport.h; the functions are our own declarations.
#include <ipexport.h>

#include <array>
#include <cstring>

namespace sonde::transport {
namespace {

// mingw-w64's icmpapi.h lacks IcmpSendEcho2Ex, and declares no routine of the type that is called.
using CreateFunction = HANDLE(WINAPI*)();
using CloseFunction = BOOL(WINAPI*)(HANDLE);
using SendFunction = DWORD(WINAPI*)(HANDLE, HANDLE, PIO_APC_ROUTINE, PVOID, IPAddr, LPVOID, WORD,
                                    PIP_OPTION_INFORMATION, LPVOID, DWORD, DWORD);
using SendFromFunction = DWORD(WINAPI*)(HANDLE, HANDLE, PIO_APC_ROUTINE, PVOID, IPAddr, IPAddr,
                                        LPVOID, WORD, PIP_OPTION_INFORMATION, LPVOID, DWORD, DWORD);
using Send6Function = DWORD(WINAPI*)(HANDLE, HANDLE, PIO_APC_ROUTINE, PVOID, sockaddr_in6*,
                                     sockaddr_in6*, LPVOID, WORD, PIP_OPTION_INFORMATION, LPVOID,
                                     DWORD, DWORD);
using ParseFunction = DWORD(WINAPI*)(LPVOID, DWORD);

struct Functions {
  CreateFunction create = nullptr;
  CreateFunction create6 = nullptr;
  CloseFunction close = nullptr;
  SendFunction send = nullptr;
  SendFromFunction send_from = nullptr;  // null: the source cannot be chosen
  Send6Function send6 = nullptr;         // null: no IPv6
  ParseFunction parse = nullptr;
  ParseFunction parse6 = nullptr;  // null: replies stand there as they are
};

constexpr std::uint8_t kReverse = 1;       // IP_FLAG_REVERSE
constexpr std::uint8_t kDontFragment = 2;  // IP_FLAG_DF
constexpr std::uint8_t kDefaultTtl = 128;  // Windows' own; 0 would be taken at its word

template <typename Function>
void find(HMODULE library, const char* name, Function& function) noexcept {
  const FARPROC found = ::GetProcAddress(library, name);
  static_assert(sizeof found == sizeof function);
  std::memcpy(&function, &found, sizeof function);
}

int last_error() noexcept { return static_cast<int>(::GetLastError()); }

// What an NTSTATUS is among Win32's errors.
int win32_error(NTSTATUS status) noexcept {
  using Convert = ULONG(WINAPI*)(NTSTATUS);
  Convert convert = nullptr;
  find(::GetModuleHandleW(L"ntdll.dll"), "RtlNtStatusToDosError", convert);
  return convert == nullptr ? ERROR_GEN_FAILURE : static_cast<int>(convert(status));
}

void NTAPI on_completion(PVOID context, PIO_STATUS_BLOCK block, ULONG /*reserved*/) {
  const NTSTATUS status = block == nullptr ? 0 : block->Status;
  static_cast<EchoCompletion*>(context)->completed(status >= 0 ? 0 : win32_error(status));
}

IPAddr ipv4_of(const net::Address& address) noexcept {
  IPAddr out = 0;
  std::memcpy(&out, address.bytes().data(), sizeof out);
  return out;
}

sockaddr_in6 ipv6_of(const net::Address* address) noexcept {
  sockaddr_in6 out{};
  out.sin6_family = AF_INET6;
  if (address != nullptr) {
    std::memcpy(&out.sin6_addr, address->bytes().data(), sizeof out.sin6_addr);
    out.sin6_scope_id = address->zone();
  }
  return out;
}

// The call takes it as not const, and only reads.
struct HeaderInformation {
  explicit HeaderInformation(const EchoCall& call) noexcept {
    std::memcpy(options.data(), call.header_options.data(), call.header_options.size());
    information.Ttl = call.ttl ? call.ttl->value : kDefaultTtl;
    information.Tos = call.tos.value;
    information.Flags = static_cast<UCHAR>((call.dont_fragment ? kDontFragment : 0) |
                                           (call.reverse ? kReverse : 0));
    information.OptionsSize = static_cast<UCHAR>(call.header_options.size());
    information.OptionsData = call.header_options.empty() ? nullptr : options.data();
    needed =
        call.ttl || call.tos.value != 0 || information.Flags != 0 || information.OptionsSize != 0;
  }
  [[nodiscard]] PIP_OPTION_INFORMATION get() noexcept { return needed ? &information : nullptr; }

  static constexpr std::size_t kMostOptions = 40;
  std::array<UCHAR, kMostOptions> options{};
  IP_OPTION_INFORMATION information{};
  bool needed = false;
};

class Iphlpapi final : public IcmpApi {
 public:
  Iphlpapi(HMODULE library, const Functions& functions) noexcept
      : library_(library), functions_(functions) {}
  Iphlpapi(const Iphlpapi&) = delete;
  Iphlpapi& operator=(const Iphlpapi&) = delete;
  ~Iphlpapi() override {
    for (const HANDLE handle : {v4_, v6_}) {
      if (handle != INVALID_HANDLE_VALUE) {
        (void)functions_.close(handle);
      }
    }
    (void)::FreeLibrary(library_);
  }

  int open(net::Family family) noexcept override {
    const bool v4 = family == net::Family::v4;
    const CreateFunction create = v4 ? functions_.create : functions_.create6;
    if (create == nullptr || (!v4 && functions_.send6 == nullptr)) {
      return ERROR_PROC_NOT_FOUND;
    }
    HANDLE& handle = v4 ? v4_ : v6_;
    handle = create();
    return handle == INVALID_HANDLE_VALUE ? last_error() : 0;
  }

  int send(const EchoCall& call) noexcept override {
    const DWORD sent = call.destination.is_v4() ? send_v4(call) : send_v6(call);
    const int error = sent != 0 ? ERROR_IO_PENDING : last_error();
    return error == ERROR_IO_PENDING ? 0 : error;
  }

  std::uint32_t parse_v4(MutableBytes reply) noexcept override {
    return functions_.parse(reply.data(), static_cast<DWORD>(reply.size()));
  }

  void parse_v6(MutableBytes reply) noexcept override {
    if (functions_.parse6 != nullptr) {
      (void)functions_.parse6(reply.data(), static_cast<DWORD>(reply.size()));
    }
  }

 private:
  [[nodiscard]] DWORD send_v4(const EchoCall& call) const noexcept {
    HeaderInformation header(call);
    const IPAddr destination = ipv4_of(call.destination);
    void* const payload = const_cast<std::byte*>(call.payload.data());  // NOLINT: only read
    const auto size = static_cast<WORD>(call.payload.size());
    const auto room = static_cast<DWORD>(call.reply.size());
    if (!call.source) {
      return functions_.send(v4_, nullptr, &on_completion, call.completion, destination, payload,
                             size, header.get(), call.reply.data(), room, call.timeout_ms);
    }
    if (functions_.send_from == nullptr) {
      ::SetLastError(ERROR_PROC_NOT_FOUND);
      return 0;
    }
    return functions_.send_from(v4_, nullptr, &on_completion, call.completion,
                                ipv4_of(*call.source), destination, payload, size, header.get(),
                                call.reply.data(), room, call.timeout_ms);
  }

  [[nodiscard]] DWORD send_v6(const EchoCall& call) const noexcept {
    HeaderInformation header(call);
    sockaddr_in6 source = ipv6_of(call.source ? &*call.source : nullptr);
    sockaddr_in6 destination = ipv6_of(&call.destination);
    void* const payload = const_cast<std::byte*>(call.payload.data());  // NOLINT: only read
    return functions_.send6(v6_, nullptr, &on_completion, call.completion, &source, &destination,
                            payload, static_cast<WORD>(call.payload.size()), header.get(),
                            call.reply.data(), static_cast<DWORD>(call.reply.size()),
                            call.timeout_ms);
  }

  HMODULE library_;
  Functions functions_;
  HANDLE v4_ = INVALID_HANDLE_VALUE;  // NOLINT: the macro casts
  HANDLE v6_ = INVALID_HANDLE_VALUE;  // NOLINT
};

}  // namespace

std::expected<std::unique_ptr<IcmpApi>, int> load_iphlpapi() {
  const HMODULE library = ::LoadLibraryW(L"iphlpapi.dll");
  if (library == nullptr) {
    return std::unexpected(last_error());
  }
  Functions functions;
  find(library, "IcmpCreateFile", functions.create);
  find(library, "Icmp6CreateFile", functions.create6);
  find(library, "IcmpCloseHandle", functions.close);
  find(library, "IcmpSendEcho2", functions.send);
  find(library, "IcmpSendEcho2Ex", functions.send_from);
  find(library, "Icmp6SendEcho2", functions.send6);
  find(library, "IcmpParseReplies", functions.parse);
  find(library, "Icmp6ParseReplies", functions.parse6);
  if (functions.create == nullptr || functions.close == nullptr || functions.send == nullptr ||
      functions.parse == nullptr) {
    (void)::FreeLibrary(library);
    return std::unexpected(static_cast<int>(ERROR_PROC_NOT_FOUND));
  }
  return std::make_unique<Iphlpapi>(library, functions);
}

}  // namespace sonde::transport
