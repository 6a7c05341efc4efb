// send_batch.hpp: up to 64 packets by one sendmmsg(2).
// add() gives the room for one packet, to be filled before the next add() or send(); send() hands
// over what was added, from a given packet on, and says how many went out or the errno of the first
// that did not. Buffers grow to the largest batch seen and are then reused.
#pragma once

#include <sys/socket.h>

#include <array>
#include <cstddef>
#include <expected>
#include <vector>

#include "sonde/base/bytes.hpp"
#include "sonde/net/address.hpp"
#include "sonde/net/fields.hpp"
#include "sonde/probe/ip_options.hpp"
#include "sonde/transport/posix/socket_address.hpp"

namespace sonde::transport {

class SendBatch {
 public:
  static constexpr std::size_t kMessages = 64;

  SendBatch();
  void clear() noexcept;
  struct Header {
    const net::Address& destination;
    net::Port port{};
    std::uint32_t flow_label = 0;
    const probe::IpOptions& ip;
  };
  // TTL and TOS ride on the packet as control messages; what else `ip` asks for is the socket's
  // business. size() must be below kMessages.
  [[nodiscard, gnu::hot]] MutableBytes add(const Header& header, std::size_t packet_size);
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard, gnu::hot]] std::expected<std::size_t, int> send(int fd, std::size_t first,
                                                               std::size_t count);

 private:
  static constexpr std::size_t kControl = 64;  // two integers
  void add_control(bool v4, const probe::IpOptions& ip) noexcept;
  [[nodiscard]] int send_some(int fd, std::size_t first, std::size_t count) noexcept;

  struct alignas(cmsghdr) Control {
    std::array<std::byte, kControl> bytes;
  };
  std::vector<std::byte> arena_;
  std::size_t arena_used_ = 0;
  std::array<std::size_t, kMessages> offsets_{};
  std::array<Control, kMessages> controls_{};
  std::array<SocketAddressStorage, kMessages> names_{};
  std::array<iovec, kMessages> vectors_{};
  std::array<mmsghdr, kMessages> headers_{};
  std::size_t size_ = 0;
};

}  // namespace sonde::transport
