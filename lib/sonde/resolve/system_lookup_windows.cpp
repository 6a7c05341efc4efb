#include <winsock2.h>
#include <ws2tcpip.h>
// After winsock2.h.
#include <windows.h>

#include <array>
#include <cstring>
#include <memory>

#include "sonde/resolve/system_lookup.hpp"

namespace sonde::resolve {
namespace {

// Winsock must be on around each question; switching it on again only counts.
class Winsock {
 public:
  Winsock() noexcept {
    constexpr WORD kVersion = 0x0202;
    WSADATA data{};
    error_ = ::WSAStartup(kVersion, &data);
  }
  ~Winsock() {
    if (error_ == 0) {
      (void)::WSACleanup();
    }
  }
  Winsock(const Winsock&) = delete;
  Winsock& operator=(const Winsock&) = delete;

 private:
  int error_ = 0;
};

// The words of the POSIX resolver: Windows' own are in the user's language.
ResolveError error_of(int code) {
  switch (code) {
    case WSATRY_AGAIN:
      return {.failure = ResolveFailure::temporary,
              .message = "Temporary failure in name resolution"};
    case WSANO_DATA:
      return {.failure = ResolveFailure::not_found,
              .message = "No address associated with hostname"};
    case WSA_NOT_ENOUGH_MEMORY:
      return {.failure = ResolveFailure::system, .message = "Memory allocation failure"};
    case WSANO_RECOVERY:
      return {.failure = ResolveFailure::system,
              .message = "Non-recoverable failure in name resolution"};
    default:
      return {.failure = ResolveFailure::not_found, .message = "Name or service not known"};
  }
}

int family_number(FamilyWanted family) {
  switch (family) {
    case FamilyWanted::v4:
      return AF_INET;
    case FamilyWanted::v6:
      return AF_INET6;
    case FamilyWanted::any:
      break;
  }
  return AF_UNSPEC;
}

// UTF-8 to and from Windows' UTF-16. Empty: not text.
std::wstring wide(const std::string& text) {
  std::wstring out(text.size(), L'\0');
  const int length = ::MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, text.data(),
                                           static_cast<int>(text.size()), out.data(),
                                           static_cast<int>(out.size()));
  out.resize(static_cast<std::size_t>(length));
  return out;
}

std::string narrow(const wchar_t* text) {
  constexpr int kWithNul = -1;
  std::array<char, NI_MAXHOST * 4> out{};
  const int length = ::WideCharToMultiByte(CP_UTF8, 0, text, kWithNul, out.data(),
                                           static_cast<int>(out.size()), nullptr, nullptr);
  return length > 0 ? std::string(out.data()) : std::string();
}

// The bytes of a sockaddr are copied out: no cast, no alignment asked for.
std::optional<net::Address> address_of(const ADDRINFOW& found) {
  if (found.ai_family == AF_INET && found.ai_addrlen >= sizeof(sockaddr_in)) {
    sockaddr_in v4{};
    std::memcpy(&v4, found.ai_addr, sizeof v4);
    return net::Address::from_bytes(std::as_bytes(std::span(&v4.sin_addr, 1)));
  }
  if (found.ai_family == AF_INET6 && found.ai_addrlen >= sizeof(sockaddr_in6)) {
    sockaddr_in6 v6{};
    std::memcpy(&v6, found.ai_addr, sizeof v6);
    const auto address = net::Address::from_bytes(std::as_bytes(std::span(&v6.sin6_addr, 1)));
    return address ? std::optional(address->with_zone(v6.sin6_scope_id)) : std::nullopt;
  }
  return std::nullopt;
}

std::expected<std::vector<net::Address>, ResolveError> ask(const std::string& name, int family,
                                                           int flags) {
  const Winsock winsock;
  const std::wstring asked = wide(name);
  if (asked.empty()) {
    return std::unexpected(error_of(WSAHOST_NOT_FOUND));
  }
  ADDRINFOW hints{};
  hints.ai_family = family;
  hints.ai_socktype = SOCK_DGRAM;  // one entry an address
  hints.ai_flags = flags;
  ADDRINFOW* list = nullptr;
  if (const int code = ::GetAddrInfoW(asked.c_str(), nullptr, &hints, &list); code != 0) {
    return std::unexpected(error_of(code));
  }
  const std::unique_ptr<ADDRINFOW, decltype(&::FreeAddrInfoW)> owner(list, &::FreeAddrInfoW);
  std::vector<net::Address> addresses;
  for (const ADDRINFOW* found = list; found != nullptr; found = found->ai_next) {
    if (const auto address = address_of(*found)) {
      addresses.push_back(*address);
    }
  }
  if (addresses.empty()) {
    return std::unexpected(error_of(WSANO_DATA));
  }
  return addresses;
}

}  // namespace

std::expected<std::vector<net::Address>, ResolveError> system_forward(const std::string& name,
                                                                      FamilyWanted family) {
  return ask(name, family_number(family), 0);
}

Untrusted system_reverse(const net::Address& address) {
  const Winsock winsock;
  sockaddr_storage storage{};
  socklen_t length = 0;
  if (address.is_v4()) {
    sockaddr_in v4{};
    v4.sin_family = AF_INET;
    std::memcpy(&v4.sin_addr, address.bytes().data(), address.bytes().size());
    length = sizeof v4;
    std::memcpy(&storage, &v4, sizeof v4);
  } else {
    sockaddr_in6 v6{};
    v6.sin6_family = AF_INET6;
    v6.sin6_scope_id = address.zone();
    std::memcpy(&v6.sin6_addr, address.bytes().data(), address.bytes().size());
    length = sizeof v6;
    std::memcpy(&storage, &v6, sizeof v6);
  }
  std::array<wchar_t, NI_MAXHOST> name{};
  const int code = ::GetNameInfoW(reinterpret_cast<const sockaddr*>(&storage), length, name.data(),
                                  static_cast<DWORD>(name.size()), nullptr, 0, NI_NAMEREQD);
  return code == 0 ? Untrusted(narrow(name.data())) : Untrusted();
}

std::optional<net::Address> numeric_address(const std::string& text) {
  if (auto address = net::Address::parse(text)) {
    return address;
  }
  const std::size_t percent = text.find('%');
  const auto plain = net::Address::parse(text.substr(0, percent));
  if (percent == std::string::npos || !plain || !plain->is_v6()) {
    return std::nullopt;
  }
  // A zone by name: numbers were understood above.
  const auto found = ask(text, AF_INET6, AI_NUMERICHOST);
  return found && found->front().zone() != 0 ? std::optional(found->front()) : std::nullopt;
}

}  // namespace sonde::resolve
