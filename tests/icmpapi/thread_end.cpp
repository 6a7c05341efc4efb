// icmpapi_thread_end: the family at the end of threads and of the process, where thread-local
// objects are gone: in destructors of pthread keys made before and after the library's own, in
// those of static objects, and in atexit() handlers. In each, the last error, a wait, and a request
// with a completion routine must work. A routine may also end its thread. Packets go to 127.0.0.1.
// Prints "ok ...", one line a place.
#include <pthread.h>
#include <winsock2.h>
#include <winternl.h>
#define PIO_APC_ROUTINE_DEFINED
#include <icmpapi.h>
#include <iphlpapi.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <thread>

namespace {

constexpr DWORD kTimeout = 5000;

void check(bool holds, const char* place, const char* what) {
  if (!holds) {
    std::fprintf(stderr, "%s: %s (last error %u)\n", place, what, GetLastError());
    std::_Exit(1);
  }
}

void count_routine(PVOID context, PIO_STATUS_BLOCK /*status*/, ULONG /*reserved*/) {
  ++*static_cast<int*>(context);
}

void use_everything(const char* place) {
  SetLastError(ERROR_NOT_SUPPORTED);
  check(GetLastError() == ERROR_NOT_SUPPORTED, place, "the last error is lost");
  const HANDLE event = CreateEventA(nullptr, FALSE, FALSE, nullptr);
  check(WaitForSingleObjectEx(event, 1, TRUE) == WAIT_TIMEOUT, place, "no time-out");
  const HANDLE file = IcmpCreateFile();
  check(file != INVALID_HANDLE_VALUE, place, "IcmpCreateFile");
  std::array<char, 32> data{};
  std::array<char, sizeof(ICMP_ECHO_REPLY) + 64> reply{};
  int routines = 0;
  const DWORD sent =
      IcmpSendEcho2(file, nullptr, count_routine, &routines, htonl(INADDR_LOOPBACK), data.data(),
                    data.size(), nullptr, reply.data(), reply.size(), kTimeout);
  check(sent == 0 && GetLastError() == ERROR_IO_PENDING, place, "not pending");
  check(SleepEx(2 * kTimeout, TRUE) == WAIT_IO_COMPLETION && routines == 1, place, "no routine");
  check(IcmpParseReplies(reply.data(), reply.size()) == 1, place, "no reply");
  check(IcmpCloseHandle(file) == TRUE && CloseHandle(event) == TRUE, place, "close");
  std::printf("ok %s\n", place);
}

void leave_thread(PVOID /*context*/, PIO_STATUS_BLOCK /*status*/, ULONG /*reserved*/) {
  ::pthread_exit(nullptr);
}

void end_in_a_routine() {
  const HANDLE file = IcmpCreateFile();
  std::array<char, sizeof(ICMP_ECHO_REPLY) + 64> reply{};
  bool returned = false;
  std::thread([&] {
    std::array<char, 32> data{};
    (void)IcmpSendEcho2(file, nullptr, leave_thread, nullptr, htonl(INADDR_LOOPBACK), data.data(),
                        data.size(), nullptr, reply.data(), reply.size(), kTimeout);
    (void)SleepEx(2 * kTimeout, TRUE);
    returned = true;
  }).join();
  check(!returned && IcmpParseReplies(reply.data(), reply.size()) == 1, "in a routine", "no end");
  check(IcmpCloseHandle(file) == TRUE, "in a routine", "close");
  std::puts("ok a routine ended its thread");
}

struct AtTheEnd {
  AtTheEnd() = default;
  AtTheEnd(const AtTheEnd&) = delete;
  AtTheEnd& operator=(const AtTheEnd&) = delete;
  ~AtTheEnd() { use_everything("in the destructor of a static object"); }
};
const AtTheEnd kAtTheEnd;

void end_of_thread(void* place) { use_everything(static_cast<const char*>(place)); }

pthread_key_t key_for(std::array<char, 64>& place) {
  pthread_key_t key{};
  check(::pthread_key_create(&key, end_of_thread) == 0, place.data(), "pthread_key_create");
  return key;
}

std::array<char, 64> older{"in the destructor of an older key"};
std::array<char, 64> newer{"in the destructor of a newer key"};

}  // namespace

int main() {
  check(std::atexit([] { use_everything("in an atexit() handler"); }) == 0, "main", "atexit");
  const pthread_key_t before = key_for(older);
  use_everything("in main()");
  const pthread_key_t after = key_for(newer);
  std::thread([=] {
    (void)::pthread_setspecific(before, older.data());
    (void)::pthread_setspecific(after, newer.data());
    use_everything("in a thread");
  }).join();
  end_in_a_routine();
  return 0;
}
