// tun_device.hpp: a TUN device of the network namespace that the process is in (Linux). IP packets
// that the kernel sends there are read, those that are written arrive as if from a network.
// Never blocks; gone with the object. fd() < 0: there is none to be had, errno says why.
#pragma once

#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <string>
#include <utility>

#include "sonde/base/bytes.hpp"

namespace sonde::test {

class TunDevice {
 public:
  explicit TunDevice(const std::string& name)
      : fd_(::open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK)) {
    ifreq request{};
    request.ifr_flags = IFF_TUN | IFF_NO_PI;
    name.copy(request.ifr_name, IFNAMSIZ - 1);
    if (fd_ >= 0 && ::ioctl(fd_, TUNSETIFF, &request) != 0) {
      ::close(std::exchange(fd_, -1));
    }
  }
  ~TunDevice() {
    if (fd_ >= 0) {
      ::close(fd_);
    }
  }
  TunDevice(const TunDevice&) = delete;
  TunDevice& operator=(const TunDevice&) = delete;

  [[nodiscard]] int fd() const noexcept { return fd_; }
  // Empty: nothing there now.
  [[nodiscard]] Bytes read(MutableBytes buffer) const noexcept {
    const ssize_t n = ::read(fd_, buffer.data(), buffer.size());
    return buffer.first(n > 0 ? static_cast<std::size_t>(n) : 0);
  }
  // The kernel refuses packets while the device is down, and some that are no IP: false.
  [[nodiscard]] bool write(Bytes packet) const noexcept {
    return ::write(fd_, packet.data(), packet.size()) == static_cast<ssize_t>(packet.size());
  }

 private:
  int fd_;
};

}  // namespace sonde::test
