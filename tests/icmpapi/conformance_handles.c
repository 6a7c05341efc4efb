/* conformance_handles.c: opening and closing, also what is not a handle (any more). */
#include "conformance.h"

static void create(void) {
  HANDLE first = IcmpCreateFile();
  HANDLE second = IcmpCreateFile();
  ok(first != INVALID_HANDLE_VALUE && first != NULL, "IcmpCreateFile opens a handle");
  ok(second != INVALID_HANDLE_VALUE && second != first, "a second one is another");
  is(IcmpCloseHandle(first) != 0, 1, "IcmpCloseHandle closes it");
  is(echo(second, "127.0.0.1", 32, NULL, LONG_ENOUGH), 1, "the other still works");
  is(IcmpCloseHandle(second) != 0, 1, "and closes");
}

static void create6(void) {
  HANDLE icmp = Icmp6CreateFile();
  ok(icmp != INVALID_HANDLE_VALUE && icmp != NULL, "Icmp6CreateFile opens a handle");
  is(IcmpCloseHandle(icmp) != 0, 1, "IcmpCloseHandle closes it");
}

static void close_refused(HANDLE handle, const char *what) {
  SetLastError(MARK);
  is(IcmpCloseHandle(handle) != 0, 0, "IcmpCloseHandle of %s is FALSE", what);
  is(GetLastError(), ERROR_INVALID_HANDLE, "its last error (%s)", what);
}

static void close_null(void) { close_refused(NULL, "NULL"); }

static void close_invalid(void) { close_refused(INVALID_HANDLE_VALUE, "INVALID_HANDLE_VALUE"); }

static void close_twice(void) {
  HANDLE icmp = IcmpCreateFile();
  is(IcmpCloseHandle(icmp) != 0, 1, "the first time closes");
  close_refused(icmp, "a closed handle");
}

static void close_stale(void) {
  HANDLE old = IcmpCreateFile();
  IcmpCloseHandle(old);
  HANDLE fresh = IcmpCreateFile();
  close_refused(old, "a handle whose place was taken");
  is(echo(fresh, "127.0.0.1", 32, NULL, LONG_ENOUGH), 1, "the one in its place still works");
  IcmpCloseHandle(fresh);
}

static void close_event(void) {
  HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL);
  close_refused(event, "an event");
  is(SetEvent(event) != 0, 1, "the event is still one");
  CloseHandle(event);
}

static void close_garbage(void) {
  close_refused((HANDLE)(LONG_PTR)0x12345678, "a number that was never a handle");
}

static void not_an_event(void) {
  HANDLE icmp = IcmpCreateFile();
  SetLastError(MARK);
  is(SetEvent(icmp) != 0, 0, "SetEvent of an ICMP handle is FALSE");
  is(GetLastError(), ERROR_INVALID_HANDLE, "its last error");
  is(echo(icmp, "127.0.0.1", 32, NULL, LONG_ENOUGH), 1, "the ICMP handle still works");
  IcmpCloseHandle(icmp);
}

static void many(void) {
  enum { COUNT = 200 };
  HANDLE handles[COUNT];
  int distinct = 1, closed = 0;
  for (int i = 0; i < COUNT; ++i) {
    handles[i] = IcmpCreateFile();
    for (int j = 0; j < i; ++j) {
      distinct = distinct && handles[i] != handles[j];
    }
  }
  ok(distinct, "200 handles open at once differ");
  is(echo(handles[COUNT - 1], "127.0.0.1", 32, NULL, LONG_ENOUGH), 1, "the last one works");
  for (int i = 0; i < COUNT; ++i) {
    closed += IcmpCloseHandle(handles[i]) ? 1 : 0;
  }
  is((unsigned long)closed, COUNT, "all of them close");
}

static void reopen(void) {
  int opened = 0, closed = 0;
  for (int i = 0; i < 1000; ++i) {
    HANDLE icmp = IcmpCreateFile();
    opened += icmp != INVALID_HANDLE_VALUE;
    closed += IcmpCloseHandle(icmp) ? 1 : 0;
  }
  is((unsigned long)opened, 1000, "1000 times open");
  is((unsigned long)closed, 1000, "1000 times closed");
}

/* Only asked for by name, where no kind of ICMP socket is allowed. */
static void denied(void) {
  SetLastError(MARK);
  ok(IcmpCreateFile() == INVALID_HANDLE_VALUE, "IcmpCreateFile is INVALID_HANDLE_VALUE");
  is(GetLastError(), ERROR_ACCESS_DENIED, "its last error is ERROR_ACCESS_DENIED");
  SetLastError(MARK);
  ok(Icmp6CreateFile() == INVALID_HANDLE_VALUE, "Icmp6CreateFile is INVALID_HANDLE_VALUE");
  is(GetLastError(), ERROR_ACCESS_DENIED, "its last error too");
  SetLastError(MARK);
  is(echo(INVALID_HANDLE_VALUE, "127.0.0.1", 32, NULL, 100), 0, "a send all the same is 0");
  is(GetLastError(), ERROR_INVALID_PARAMETER, "its last error speaks of the handle");
}

const conformance_case handle_cases[] = {
    {"handle.create", create, NULL},
    {"handle.create6", create6, NULL},
    {"handle.close_null", close_null, NULL},
    {"handle.close_invalid", close_invalid, NULL},
    {"handle.close_twice", close_twice, NULL},
    {"handle.close_stale", close_stale, NULL},
    {"handle.close_event", close_event, NULL},
    {"handle.close_garbage", close_garbage, NULL},
    {"handle.not_an_event", not_an_event, NULL},
    {"handle.many", many, NULL},
    {"handle.reopen", reopen, NULL},
    {"handle.denied", denied, "denied"},
    {NULL, NULL, NULL},
};
