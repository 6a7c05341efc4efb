// device.cpp: loaded before the C library (LD_PRELOAD): a network interface that stamps packets
// with a clock of its own, for sockets that ask for such stamps (SOF_TIMESTAMPING_RAW_HARDWARE). By
// that clock every packet leaves 1,000 s after its origin, and every reply comes
// SONDE_DEVICE_RTT nanoseconds later, which may be negative. Beside each transmit stamp of the
// kernel stands one of the interface, as with SOF_TIMESTAMPING_OPT_TX_SWHW;
// SONDE_DEVICE_TRANSMIT=0: only what is received is stamped.
#include <dlfcn.h>
#include <linux/net_tstamp.h>
#include <sys/socket.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <ctime>
// After the header of timespec, which it needs.
#include <linux/errqueue.h>

namespace {

constexpr int kStampsOld = 37;
constexpr int kStampsNew = 65;
constexpr std::size_t kDescriptors = 1024;
constexpr std::int64_t kLeft = 1'000'000'000'000;
constexpr std::int64_t kSecond = 1'000'000'000;

std::array<std::atomic<bool>, kDescriptors> asked{};

std::int64_t number_in(const char* name, std::int64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoll(text, nullptr, 10);
}

template <typename Function>
Function next(const char* name) {
  return reinterpret_cast<Function>(::dlsym(RTLD_NEXT, name));
}

bool stamps(int fd) {
  return fd >= 0 && static_cast<std::size_t>(fd) < kDescriptors && asked.at(fd);
}

// The three stamps of a message as 64-bit words: seconds, nanoseconds, six in all.
using Words = std::array<std::int64_t, 6>;

cmsghdr* stamps_of(msghdr& message) {
  for (cmsghdr* at = CMSG_FIRSTHDR(&message); at != nullptr; at = CMSG_NXTHDR(&message, at)) {
    const bool stamp = at->cmsg_type == kStampsNew || at->cmsg_type == kStampsOld;
    if (at->cmsg_level == SOL_SOCKET && stamp && at->cmsg_len >= CMSG_LEN(sizeof(Words))) {
      return at;
    }
  }
  return nullptr;
}

// `alone`: the kernel's own goes.
void put_stamp(msghdr& message, std::int64_t nanoseconds, bool alone) {
  cmsghdr* const at = stamps_of(message);
  if (at == nullptr) {
    return;
  }
  Words words{};
  std::memcpy(words.data(), CMSG_DATA(at), sizeof words);
  if (alone) {
    words[0] = words[1] = 0;
  }
  words[4] = nanoseconds / kSecond;
  words[5] = nanoseconds % kSecond;
  std::memcpy(CMSG_DATA(at), words.data(), sizeof words);
}

// The same control data and length, behind those that were read.
bool add_copy(const mmsghdr& from, mmsghdr& to) {
  if (to.msg_hdr.msg_controllen < from.msg_hdr.msg_controllen) {
    return false;
  }
  std::memcpy(to.msg_hdr.msg_control, from.msg_hdr.msg_control, from.msg_hdr.msg_controllen);
  to.msg_hdr.msg_controllen = from.msg_hdr.msg_controllen;
  to.msg_hdr.msg_flags = from.msg_hdr.msg_flags;
  to.msg_hdr.msg_namelen = 0;
  to.msg_len = from.msg_len;
  return true;
}

int add_transmit_stamps(mmsghdr* messages, int count, unsigned room) {
  int all = count;
  for (int i = 0; i < count && static_cast<unsigned>(all) < room; ++i) {
    if (stamps_of(messages[i].msg_hdr) != nullptr && add_copy(messages[i], messages[all])) {
      put_stamp(messages[all].msg_hdr, kLeft, true);
      ++all;
    }
  }
  return all;
}

void stamp_received(msghdr& message) {
  put_stamp(message, kLeft + number_in("SONDE_DEVICE_RTT", 0), false);
}

}  // namespace

extern "C" int setsockopt(int fd, int level, int name, const void* value, socklen_t size) noexcept {
  static const auto real = next<decltype(&::setsockopt)>("setsockopt");
  const bool stamping = level == SOL_SOCKET && (name == kStampsNew || name == kStampsOld);
  if (stamping && size == sizeof(int) && fd >= 0 && static_cast<std::size_t>(fd) < kDescriptors) {
    int flags = 0;
    std::memcpy(&flags, value, sizeof flags);
    asked.at(fd) = (static_cast<unsigned>(flags) & SOF_TIMESTAMPING_RAW_HARDWARE) != 0;
  }
  return real(fd, level, name, value, size);
}

extern "C" ssize_t recvmsg(int fd, msghdr* message, int flags) {
  static const auto real = next<decltype(&::recvmsg)>("recvmsg");
  const ssize_t length = real(fd, message, flags);
  if (length >= 0 && stamps(fd) && (flags & MSG_ERRQUEUE) == 0) {
    stamp_received(*message);
  }
  return length;
}

extern "C" int recvmmsg(int fd, mmsghdr* messages, unsigned room, int flags, timespec* timeout) {
  static const auto real = next<decltype(&::recvmmsg)>("recvmmsg");
  const int count = real(fd, messages, room, flags, timeout);
  if (count <= 0 || !stamps(fd)) {
    return count;
  }
  if ((flags & MSG_ERRQUEUE) != 0) {
    return number_in("SONDE_DEVICE_TRANSMIT", 1) != 0 ? add_transmit_stamps(messages, count, room)
                                                      : count;
  }
  for (int i = 0; i < count; ++i) {
    stamp_received(messages[i].msg_hdr);
  }
  return count;
}
