#include "sonde/transport/linux/raw_filter.hpp"

#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <utility>

#include "sonde/transport/linux/socket_options.hpp"

namespace sonde::transport {
namespace {

int attach(int fd, FilterProgram program) noexcept {
  const sock_fprog description{.len = static_cast<unsigned short>(program.size()),
                               .filter = program.data()};
  return set_option(fd, {SOL_SOCKET, SO_ATTACH_FILTER}, std::as_bytes(std::span(&description, 1)));
}

// Bounded: with everything rejected, no more than the receive buffer held can be there.
void drain(int fd) noexcept {
  constexpr int kMost = 65536;
  std::array<std::byte, 1> nothing{};
  for (int i = 0; i < kMost; ++i) {
    if (::recv(fd, nothing.data(), nothing.size(), MSG_DONTWAIT | MSG_TRUNC) < 0 &&
        errno != EINTR) {
      return;
    }
  }
}

}  // namespace

std::expected<std::string, int> install_filter(int fd, FilterProgram program) {
  int failure = attach(fd, reject_all_filter());
  if (failure == 0) {
    drain(fd);
    failure = attach(fd, std::move(program));
    if (failure != 0 && set_option(fd, {SOL_SOCKET, SO_DETACH_FILTER}, 0) != 0) {
      return std::unexpected(failure);
    }
  }
  if (failure != 0) {
    return "no filter: " + error_text(failure);
  }
  const int unlocked = set_option(fd, {SOL_SOCKET, SO_LOCK_FILTER}, 1);
  return unlocked == 0 ? "filter locked" : "filter not locked: " + error_text(unlocked);
}

}  // namespace sonde::transport
