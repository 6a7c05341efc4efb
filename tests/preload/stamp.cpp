// stamp.cpp: loaded before the C library (LD_PRELOAD): a kernel whose stamps on packets are wrong.
// SONDE_STAMP_STEPS is a list of microseconds ("50000,-50000"): each stamp that is read, of a
// departure as of an arrival, is off by the next of them, in turn. All clocks stay as they are.
#include <dlfcn.h>
#include <sys/socket.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <vector>

namespace {

constexpr int kStampsOld = 37;
constexpr int kStampsNew = 65;
constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kMicrosecond = 1'000;

std::vector<std::int64_t> read_steps() {
  std::vector<std::int64_t> steps;
  const char* text = std::getenv("SONDE_STAMP_STEPS");
  while (text != nullptr && *text != '\0') {
    char* end = nullptr;
    steps.push_back(std::strtoll(text, &end, 10) * kMicrosecond);
    text = *end == ',' ? end + 1 : end;
  }
  if (steps.empty()) {
    steps.push_back(0);
  }
  return steps;
}

std::int64_t next_step() {
  static const std::vector<std::int64_t> kSteps = read_steps();
  static std::atomic<std::size_t> taken{0};
  return kSteps[taken++ % kSteps.size()];
}

// The first of three stamps is the kernel's: seconds and nanoseconds. 0: not taken.
void move_stamp(cmsghdr* message) {
  std::array<std::int64_t, 2> words{};
  std::memcpy(words.data(), CMSG_DATA(message), sizeof words);
  if (words[0] == 0 && words[1] == 0) {
    return;
  }
  const std::int64_t moved = words[0] * kSecond + words[1] + next_step();
  words = {moved / kSecond, moved % kSecond};
  std::memcpy(CMSG_DATA(message), words.data(), sizeof words);
}

void move_stamps(msghdr& message) {
  for (cmsghdr* at = CMSG_FIRSTHDR(&message); at != nullptr; at = CMSG_NXTHDR(&message, at)) {
    const bool stamps = at->cmsg_type == kStampsNew || at->cmsg_type == kStampsOld;
    if (at->cmsg_level == SOL_SOCKET && stamps &&
        at->cmsg_len >= CMSG_LEN(2 * sizeof(std::int64_t))) {
      move_stamp(at);
    }
  }
}

template <typename Function>
Function next(const char* name) {
  return reinterpret_cast<Function>(::dlsym(RTLD_NEXT, name));
}

}  // namespace

extern "C" ssize_t recvmsg(int fd, msghdr* message, int flags) {
  static const auto kReal = next<decltype(&::recvmsg)>("recvmsg");
  const ssize_t length = kReal(fd, message, flags);
  if (length >= 0) {
    move_stamps(*message);
  }
  return length;
}

extern "C" int recvmmsg(int fd, mmsghdr* messages, unsigned room, int flags, timespec* timeout) {
  static const auto kReal = next<decltype(&::recvmmsg)>("recvmmsg");
  const int count = kReal(fd, messages, room, flags, timeout);
  for (int i = 0; i < count; ++i) {
    move_stamps(messages[i].msg_hdr);
  }
  return count;
}
