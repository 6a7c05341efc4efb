// doctest_main_windows.cpp: the one main of every doctest executable there. It ends without the
// C library's farewell: threads that a test left behind in the resolver are killed first, and can
// hold a lock that the farewell waits for.
#define DOCTEST_CONFIG_IMPLEMENT
#include <winsock2.h>
// After winsock2.h.
#include <doctest/doctest.h>
#include <windows.h>

#include <cstdio>

int main(int argc, char** argv) {
  doctest::Context context(argc, argv);
  const int result = context.run();
  (void)std::fflush(nullptr);
  (void)::TerminateProcess(::GetCurrentProcess(), static_cast<UINT>(result));
  return result;
}
