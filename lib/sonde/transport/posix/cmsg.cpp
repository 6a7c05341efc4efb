#include "sonde/transport/posix/cmsg.hpp"

#include <algorithm>

namespace sonde::transport {
namespace {

// CMSG_LEN(0) is where the data starts, CMSG_SPACE(n) is what n bytes of data take with padding.
const std::size_t kHeader = CMSG_LEN(0);

}  // namespace

std::optional<ControlMessage> ControlReader::next() noexcept {
  cmsghdr header{};
  if (left_.size() >= kHeader) {
    std::memcpy(&header, left_.data(), sizeof header);
  }
  if (header.cmsg_len < kHeader || header.cmsg_len > left_.size()) {
    left_ = {};
    return std::nullopt;
  }
  const std::size_t length = header.cmsg_len - kHeader;
  const Bytes data = left_.subspan(kHeader, length);
  left_ = left_.subspan(std::min<std::size_t>(left_.size(), CMSG_SPACE(length)));
  return ControlMessage{.level = header.cmsg_level, .type = header.cmsg_type, .data = data};
}

bool ControlWriter::add(int level, int type, Bytes data) noexcept {
  const std::size_t space = CMSG_SPACE(data.size());
  if (space > buffer_.size() - used_) {
    return false;
  }
  cmsghdr header{};
  header.cmsg_len = CMSG_LEN(data.size());
  header.cmsg_level = level;
  header.cmsg_type = type;
  const MutableBytes out = buffer_.subspan(used_, space);
  std::ranges::fill(out, std::byte{0});
  std::memcpy(out.data(), &header, sizeof header);
  std::ranges::copy(data, out.subspan(kHeader).begin());
  used_ += space;
  return true;
}

}  // namespace sonde::transport
