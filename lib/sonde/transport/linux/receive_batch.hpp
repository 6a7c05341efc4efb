// receive_batch.hpp: up to 64 packets by one recvmmsg(2), into buffers made once.
// A buffer holds any ordinary packet, and grows with make_room() to what a large probe brings back;
// a packet that is larger still is cut, says so, and answers nothing that was asked.
// read(): the number of packets, or the errno. What it gives is valid until the next read().
#pragma once

#include <sys/socket.h>

#include <array>
#include <cstddef>
#include <expected>
#include <memory>
#include <optional>

#include "sonde/base/bytes.hpp"
#include "sonde/net/address.hpp"
#include "sonde/transport/posix/socket_address.hpp"

namespace sonde::transport {

class ReceiveBatch {
 public:
  static constexpr std::size_t kMessages = 64;
  // Free space in front of each packet, zeroed: see queued_error.hpp.
  static constexpr std::size_t kHeadroom = 64;

  ReceiveBatch();

  // About so many packets will come next. A request for one is cheapest by recvmsg(2), and each
  // beyond what is there costs a fruitless attempt; reads that come back full ask for more again.
  void expect(std::size_t packets) noexcept { appetite_ = packets; }

  // Whether Message::name is filled in from now on. Raw IPv4 packets say it themselves.
  void want_names(bool wanted) noexcept;

  // Packets of this size, IP header included, arrive whole from now on.
  void make_room(std::size_t packet_size);

  enum class Queue : int { packets = 0, errors = MSG_ERRQUEUE };
  [[nodiscard, gnu::hot]] std::expected<std::size_t, int> read(int fd, Queue queue,
                                                               std::size_t limit);
  // The last read() took all that it asked for: there may be more.
  [[nodiscard]] bool full() const noexcept { return full_; }

  struct Message {
    Bytes data;
    Bytes control;
    Bytes name;        // sockaddr
    bool cut = false;  // there was more of it
  };
  [[nodiscard]] Message message(std::size_t index) const noexcept;
  // That message will be looked at soon: a batch is more than the first level of the cache holds.
  void prefetch(std::size_t index) const noexcept {
    if (index < kMessages) {
      __builtin_prefetch(vectors_[index].iov_base);
      __builtin_prefetch((*controls_)[index].bytes.data());
      __builtin_prefetch(&headers_[index]);
    }
  }
  // The packet with `front` bytes of the headroom before it.
  [[nodiscard]] Bytes data_with_headroom(std::size_t index, std::size_t front) const noexcept;

 private:
  static constexpr std::size_t kOrdinaryPacket = 1920;
  static constexpr std::size_t kControl = 320;

  void allocate(std::size_t packet_size);
  [[nodiscard]] int read_some(int fd, Queue queue, std::size_t wanted) noexcept;
  void prepare(std::size_t first, std::size_t count) noexcept;

  struct alignas(cmsghdr) Control {
    std::array<std::byte, kControl> bytes;
  };
  std::unique_ptr<std::byte[]> buffers_;  // NOLINT(modernize-avoid-c-arrays): see allocate()
  std::size_t room_ = 0;                  // for a packet
  std::size_t stride_ = 0;                // from one buffer to the next
  std::unique_ptr<std::array<Control, kMessages>> controls_;
  std::array<SocketAddressStorage, kMessages> names_{};
  std::array<iovec, kMessages> vectors_{};
  std::array<mmsghdr, kMessages> headers_{};
  std::size_t used_ = kMessages;      // headers that the kernel may have written to
  std::size_t appetite_ = kMessages;  // how many packets to ask for
  bool full_ = false;
  bool names_wanted_ = true;
};

}  // namespace sonde::transport
