#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <system_error>

#include "sonde/resolve/system_lookup.hpp"

namespace sonde::resolve {
namespace {

ResolveError system_error(int os_code) {
  return {.failure = ResolveFailure::system, .message = std::generic_category().message(os_code)};
}

ResolveError error_of(int code, int os_code) {
  switch (code) {
    case EAI_AGAIN:
      return {.failure = ResolveFailure::temporary, .message = ::gai_strerror(code)};
    case EAI_SYSTEM:
      return system_error(os_code);
    case EAI_MEMORY:
      return {.failure = ResolveFailure::system, .message = ::gai_strerror(code)};
    default:
      return {.failure = ResolveFailure::not_found, .message = ::gai_strerror(code)};
  }
}

// getaddrinfo() says of a hosts file that it could not open that the name is not known. It has
// three descriptors open at once. Returns why they cannot be had, or 0.
int descriptors_refused() {
  constexpr std::size_t kAtOnce = 3;
  std::array<int, kAtOnce> taken{};
  int why = 0;
  for (int& one : taken) {
    one = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (one < 0 && (errno == EMFILE || errno == ENFILE)) {
      why = errno;
    }
  }
  for (const int one : taken) {
    if (one >= 0) {
      ::close(one);
    }
  }
  return why;
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

// The bytes of a sockaddr are copied out: no cast, no alignment asked for.
std::optional<net::Address> address_of(const addrinfo& found) {
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
  addrinfo hints{};
  hints.ai_family = family;
  hints.ai_socktype = SOCK_DGRAM;  // one entry an address
  hints.ai_flags = flags;
  addrinfo* list = nullptr;
  if (const int code = ::getaddrinfo(name.c_str(), nullptr, &hints, &list); code != 0) {
    const int os_code = errno;
    if (const int refused = descriptors_refused(); refused != 0) {
      return std::unexpected(system_error(refused));
    }
    return std::unexpected(error_of(code, os_code));
  }
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(list, &::freeaddrinfo);
  std::vector<net::Address> addresses;
  for (const addrinfo* found = list; found != nullptr; found = found->ai_next) {
    if (const auto address = address_of(*found)) {
      addresses.push_back(*address);
    }
  }
  if (addresses.empty()) {
    return std::unexpected(error_of(EAI_NONAME, 0));
  }
  return addresses;
}

}  // namespace

std::expected<std::vector<net::Address>, ResolveError> system_forward(const std::string& name,
                                                                      FamilyWanted family) {
  return ask(name, family_number(family), 0);
}

Untrusted system_reverse(const net::Address& address) {
  sockaddr_storage storage{};
  socklen_t length = 0;
  if (address.is_v4()) {
    sockaddr_in v4{};
    v4.sin_family = AF_INET;
    std::memcpy(&v4.sin_addr, address.bytes().data(), address.bytes().size());
    length = sizeof v4;
    std::memcpy(&storage, &v4, length);
  } else {
    sockaddr_in6 v6{};
    v6.sin6_family = AF_INET6;
    v6.sin6_scope_id = address.zone();
    std::memcpy(&v6.sin6_addr, address.bytes().data(), address.bytes().size());
    length = sizeof v6;
    std::memcpy(&storage, &v6, length);
  }
  std::array<char, NI_MAXHOST> name{};
  const int code = ::getnameinfo(reinterpret_cast<const sockaddr*>(&storage), length, name.data(),
                                 name.size(), nullptr, 0, NI_NAMEREQD);
  return code == 0 ? Untrusted(name.data()) : Untrusted();
}

std::optional<net::Address> numeric_address(const std::string& text) {
  if (auto address = net::Address::parse(text)) {
    return address;
  }
  const std::size_t percent = text.find('%');
  if (percent == std::string::npos) {
    return std::nullopt;
  }
  const auto address = net::Address::parse(text.substr(0, percent));
  const unsigned zone = ::if_nametoindex(text.substr(percent + 1).c_str());
  if (!address || !address->is_v6() || zone == 0) {
    return std::nullopt;
  }
  return address->with_zone(zone);
}

}  // namespace sonde::resolve
