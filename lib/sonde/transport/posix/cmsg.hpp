// cmsg.hpp: control messages (RFC 3542 section 20; recvmsg(2)), read and written without a cast.
//   | length of header and data | level | type | padding | data ... | padding to the next |
// Reader: yields each message whose length fits into what is left; the first that does not ends the
// walk. value<T>(): the data as a T, copied, so alignment does not matter; nullopt when shorter.
// Writer: over a caller's buffer; add() is false when there is no room, and writes nothing then.
// Neither allocates. Used by the POSIX backends.
#pragma once

#include <sys/socket.h>

#include <cstring>
#include <optional>
#include <type_traits>

#include "sonde/base/bytes.hpp"

namespace sonde::transport {

struct ControlMessage {
  int level = 0;
  int type = 0;
  Bytes data;
};

class ControlReader {
 public:
  explicit ControlReader(Bytes control) noexcept : left_(control) {}
  [[nodiscard]] std::optional<ControlMessage> next() noexcept;

 private:
  Bytes left_;
};

template <typename T>
  requires std::is_trivially_copyable_v<T>
[[nodiscard]] std::optional<T> value(Bytes data) noexcept {
  if (data.size() < sizeof(T)) {
    return std::nullopt;
  }
  T out;
  std::memcpy(&out, data.data(), sizeof(T));
  return out;
}

class ControlWriter {
 public:
  explicit ControlWriter(MutableBytes buffer) noexcept : buffer_(buffer) {}
  bool add(int level, int type, Bytes data) noexcept;
  bool add(int level, int type, int value) noexcept {
    return add(level, type, std::as_bytes(std::span(&value, 1)));
  }
  [[nodiscard]] std::size_t size() const noexcept { return used_; }

 private:
  MutableBytes buffer_;
  std::size_t used_ = 0;
};

}  // namespace sonde::transport
