#include "sonde/transport/linux/receive_batch.hpp"

#include <algorithm>
#include <cerrno>

#include "sonde/wire/ipv6.hpp"

namespace sonde::transport {

ReceiveBatch::ReceiveBatch()
    : controls_(std::make_unique_for_overwrite<std::array<Control, kMessages>>()) {
  allocate(kOrdinaryPacket);
  for (std::size_t i = 0; i < kMessages; ++i) {
    msghdr& header = headers_[i].msg_hdr;
    header.msg_name = &names_[i];
    header.msg_iov = &vectors_[i];
    header.msg_iovlen = 1;
    header.msg_control = (*controls_)[i].bytes.data();
  }
}

void ReceiveBatch::make_room(std::size_t packet_size) {
  constexpr std::size_t kLargestPacket = 65535 + wire::kIpv6Header;
  if (packet_size > room_) {
    allocate(kLargestPacket);
  }
}

void ReceiveBatch::want_names(bool wanted) noexcept {
  if (wanted == names_wanted_) {
    return;
  }
  names_wanted_ = wanted;
  for (std::size_t i = 0; i < kMessages; ++i) {
    headers_[i].msg_hdr.msg_name = wanted ? &names_[i] : nullptr;
    headers_[i].msg_hdr.msg_namelen = wanted ? sizeof(SocketAddressStorage) : 0;
  }
}

void ReceiveBatch::allocate(std::size_t packet_size) {
  // Not a power of two, so that the buffers do not all fall into one set of the cache.
  constexpr std::size_t kOdd = 192;
  room_ = packet_size;
  stride_ = kHeadroom + packet_size + kOdd;
  // Pages of it that no packet reaches are never touched, and cost no memory.
  // NOLINTNEXTLINE(modernize-avoid-c-arrays): a vector would write to all of them
  buffers_ = std::make_unique_for_overwrite<std::byte[]>(kMessages * stride_);
  for (std::size_t i = 0; i < kMessages; ++i) {
    std::byte* const buffer = buffers_.get() + i * stride_;
    std::fill_n(buffer, kHeadroom, std::byte{0});
    vectors_[i] = {.iov_base = buffer + kHeadroom, .iov_len = packet_size};
  }
}

// The kernel writes lengths back: only those that it wrote are set anew.
void ReceiveBatch::prepare(std::size_t first, std::size_t count) noexcept {
  for (std::size_t i = first; i < count; ++i) {
    headers_[i].msg_hdr.msg_namelen = names_wanted_ ? sizeof(SocketAddressStorage) : 0;
    headers_[i].msg_hdr.msg_controllen = kControl;
    headers_[i].msg_hdr.msg_flags = 0;
  }
}

std::expected<std::size_t, int> ReceiveBatch::read(int fd, Queue queue, std::size_t limit) {
  constexpr std::size_t kGrowth = 4;
  prepare(0, used_);
  const std::size_t most = std::min(limit, kMessages);
  const std::size_t wanted = queue == Queue::packets ? std::min(most, appetite_) : most;
  const int taken = read_some(fd, queue, wanted);
  if (taken < 0) {
    used_ = 1;
    full_ = false;
    return std::unexpected(errno);
  }
  const auto count = static_cast<std::size_t>(taken);
  // The attempt that finds nothing writes into the header behind the last packet.
  used_ = std::min(count + 1, kMessages);
  full_ = count == wanted;
  if (queue == Queue::packets && full_) {
    appetite_ = std::min(appetite_ * kGrowth, kMessages);
  }
  return count;
}

// recvmmsg(2), or recvmsg(2) for one. -1 and errno: as they do.
int ReceiveBatch::read_some(int fd, Queue queue, std::size_t wanted) noexcept {
  const int flags = MSG_DONTWAIT | static_cast<int>(queue);
  if (wanted > 1) {
    return ::recvmmsg(fd, headers_.data(), static_cast<unsigned>(wanted), flags, nullptr);
  }
  const auto length = ::recvmsg(fd, &headers_.front().msg_hdr, flags);
  if (length < 0) {
    return -1;
  }
  headers_.front().msg_len = static_cast<unsigned>(length);
  return 1;
}

ReceiveBatch::Message ReceiveBatch::message(std::size_t index) const noexcept {
  const msghdr& header = headers_[index].msg_hdr;
  return {.data = data_with_headroom(index, 0),
          .control = Bytes((*controls_)[index].bytes)
                         .first(std::min<std::size_t>(header.msg_controllen, kControl)),
          .name = std::as_bytes(std::span(&names_[index], 1))
                      .first(std::min<std::size_t>(header.msg_namelen, sizeof names_[index])),
          .cut = (header.msg_flags & MSG_TRUNC) != 0};
}

Bytes ReceiveBatch::data_with_headroom(std::size_t index, std::size_t front) const noexcept {
  const std::byte* const packet = buffers_.get() + index * stride_ + kHeadroom;
  const std::size_t length = std::min<std::size_t>(headers_[index].msg_len, room_);
  return {packet - front, front + length};
}

}  // namespace sonde::transport
