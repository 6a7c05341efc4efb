// icmpapi_cancelled: threads that are cancelled around an IcmpSendEcho to 127.0.0.1. It is no
// cancellation point: a cancelled thread gets its answer first. The sole thread of a process, which
// can but cancel itself, may end where the call begins; in the middle of it it would abort.
// Prints "ok ...", one line a case.
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>
#include <winsock2.h>
#define PIO_APC_ROUTINE_DEFINED
#include <icmpapi.h>
#include <iphlpapi.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <thread>

namespace {

constexpr DWORD kTimeout = 5000;
constexpr int kCleanedUp = 7;

void check(bool holds, const char* what) {
  if (!holds) {
    std::fprintf(stderr, "%s (last error %u)\n", what, GetLastError());
    std::_Exit(1);
  }
}

DWORD echo(HANDLE file) {
  std::array<char, 32> data{};
  std::array<char, sizeof(ICMP_ECHO_REPLY) + 64> reply{};
  return IcmpSendEcho(file, htonl(INADDR_LOOPBACK), data.data(), data.size(), nullptr, reply.data(),
                      reply.size(), kTimeout);
}

void clean_up(void* /*nothing*/) { std::_Exit(kCleanedUp); }

// In a child, whose only thread cancels itself: its clean-up handler runs, nothing aborts.
void cancel_the_only_thread() {
  const pid_t child = ::fork();
  check(child >= 0, "fork");
  if (child == 0) {
    const HANDLE file = IcmpCreateFile();
    check(echo(file) == 1, "no reply in the child");
    pthread_cleanup_push(clean_up, nullptr);
    (void)::pthread_cancel(::pthread_self());
    (void)echo(file);
    ::pthread_testcancel();
    std::_Exit(0);
    pthread_cleanup_pop(0);
  }
  int status = 0;
  check(::waitpid(child, &status, 0) == child, "waitpid");
  check(WIFEXITED(status) && WEXITSTATUS(status) == kCleanedUp, "the only thread was not ended");
  std::puts("ok a cancelled process of one thread ended");
}

void cancel_one_of_two_threads() {
  const HANDLE file = IcmpCreateFile();
  DWORD count = 0;
  bool went_on = false;
  std::thread([&] {
    (void)::pthread_cancel(::pthread_self());
    count = echo(file);
    ::pthread_testcancel();
    went_on = true;
  }).join();
  check(count == 1, "a cancelled thread got no reply");
  check(!went_on, "the cancellation is lost");
  check(IcmpCloseHandle(file) == TRUE, "close");
  std::puts("ok a cancelled thread got its reply first");
}

}  // namespace

int main() {
  cancel_the_only_thread();
  cancel_one_of_two_threads();
  return 0;
}
