#include "sonde/transport/linux/send_batch.hpp"

#include <netinet/in.h>

#include <algorithm>
#include <cerrno>

#include "sonde/transport/posix/cmsg.hpp"

namespace sonde::transport {

SendBatch::SendBatch() {
  for (std::size_t i = 0; i < kMessages; ++i) {
    msghdr& header = headers_[i].msg_hdr;
    header.msg_name = &names_[i];
    header.msg_iov = &vectors_[i];
    header.msg_iovlen = 1;
  }
}

void SendBatch::clear() noexcept {
  size_ = 0;
  arena_used_ = 0;
}

MutableBytes SendBatch::add(const Header& header, std::size_t packet_size) {
  if (arena_.size() - arena_used_ < packet_size) {
    arena_.resize(std::max(arena_.size() * 2, arena_used_ + packet_size));
  }
  headers_[size_].msg_hdr.msg_namelen =
      write_address(header.destination, header.flow_label, names_[size_]);
  if (header.port.value != 0) {
    // sin_port and sin6_port stand at the same place.
    names_[size_].v6.sin6_port = htons(header.port.value);
  }
  vectors_[size_].iov_len = packet_size;
  add_control(header.destination.is_v4(), header.ip);
  offsets_[size_] = arena_used_;
  arena_used_ += packet_size;
  return MutableBytes(arena_).subspan(offsets_[size_++], packet_size);
}

void SendBatch::add_control(bool v4, const probe::IpOptions& ip) noexcept {
  msghdr& header = headers_[size_].msg_hdr;
  header.msg_control = nullptr;
  header.msg_controllen = 0;
  if (!ip.ttl && ip.tos.value == 0) {
    return;
  }
  ControlWriter control{MutableBytes(controls_[size_].bytes)};
  if (ip.ttl) {
    control.add(v4 ? IPPROTO_IP : IPPROTO_IPV6, v4 ? IP_TTL : IPV6_HOPLIMIT, ip.ttl->value);
  }
  if (ip.tos.value != 0) {
    control.add(v4 ? IPPROTO_IP : IPPROTO_IPV6, v4 ? IP_TOS : IPV6_TCLASS, ip.tos.value);
  }
  header.msg_control = controls_[size_].bytes.data();
  header.msg_controllen = control.size();
}

std::expected<std::size_t, int> SendBatch::send(int fd, std::size_t first, std::size_t count) {
  for (std::size_t i = first; i < first + count; ++i) {
    vectors_[i].iov_base = arena_.data() + offsets_[i];  // the arena may have moved
  }
  const int sent = send_some(fd, first, count);
  if (sent < 0) {
    return std::unexpected(errno);
  }
  // None sent and no error does not happen; taken for a full buffer, it cannot loop.
  return sent == 0 ? std::expected<std::size_t, int>(std::unexpect, ENOBUFS)
                   : static_cast<std::size_t>(sent);
}

// sendmmsg(2), or for a single packet the cheapest call that can carry it. -1 and errno: as they
// do.
int SendBatch::send_some(int fd, std::size_t first, std::size_t count) noexcept {
  constexpr int kFlags = MSG_DONTWAIT | MSG_NOSIGNAL;
  if (count > 1) {
    return ::sendmmsg(fd, headers_.data() + first, static_cast<unsigned>(count), kFlags);
  }
  const msghdr& header = headers_[first].msg_hdr;
  const ssize_t length =
      header.msg_controllen != 0
          ? ::sendmsg(fd, &header, kFlags)
          : ::sendto(fd, vectors_[first].iov_base, vectors_[first].iov_len, kFlags,
                     static_cast<const sockaddr*>(header.msg_name), header.msg_namelen);
  return length < 0 ? -1 : 1;
}

}  // namespace sonde::transport
