/* conformance_around.c: what such programs need beside the family: last error, events, waits, time,
 * Winsock's addresses. */
#include "conformance.h"

/* --- last error --------------------------------------------------------------------------------
 */

static void other_last_error(void *context) {
  DWORD *seen = context;
  seen[0] = GetLastError();
  IcmpSendEcho(INVALID_HANDLE_VALUE, 0, NULL, 0, NULL, NULL, 0, 0);
  seen[1] = GetLastError();
}

static void last_error(void) {
  DWORD seen[2];
  void *contexts[1] = {seen};
  SetLastError(MARK);
  is(GetLastError(), MARK, "SetLastError sets what GetLastError returns");
  in_threads(1, other_last_error, contexts);
  is(GetLastError(), MARK, "another thread does not change it");
  is(seen[0], 0, "a new thread's is 0");
  is(seen[1], ERROR_INVALID_PARAMETER, "a call that failed there has set it there");
  SetLastError(0xffffffffu);
  is(GetLastError(), 0xffffffffu, "all 32 bits");
  SetLastError(0);
  is(GetLastError(), 0, "and 0");
}

/* --- events ------------------------------------------------------------------------------------
 */

static void manual_event(void) {
  HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL);
  ok(event != NULL && event != INVALID_HANDLE_VALUE, "CreateEventA makes one");
  is(WaitForSingleObject(event, 0), WAIT_TIMEOUT, "not signalled at first");
  is(SetEvent(event) != 0, 1, "SetEvent");
  is(WaitForSingleObject(event, 0), WAIT_OBJECT_0, "is signalled");
  is(WaitForSingleObject(event, 0), WAIT_OBJECT_0, "and stays so");
  is(ResetEvent(event) != 0, 1, "ResetEvent");
  is(WaitForSingleObject(event, 0), WAIT_TIMEOUT, "is not any more");
  is(CloseHandle(event) != 0, 1, "CloseHandle");
}

static void automatic_event(void) {
  HANDLE event = CreateEventW(NULL, FALSE, TRUE, NULL);
  ok(event != NULL && event != INVALID_HANDLE_VALUE, "CreateEventW makes one");
  is(WaitForSingleObject(event, 0), WAIT_OBJECT_0, "signalled at first");
  is(WaitForSingleObject(event, 0), WAIT_TIMEOUT, "one wait resets it");
  SetEvent(event);
  SetEvent(event);
  is(WaitForSingleObject(event, INFINITE), WAIT_OBJECT_0, "set twice");
  is(WaitForSingleObject(event, 0), WAIT_TIMEOUT, "is set once");
  CloseHandle(event);
}

static void closed_event(void) {
  HANDLE event = CreateEventA(NULL, TRUE, TRUE, NULL);
  CloseHandle(event);
  SetLastError(MARK);
  is(SetEvent(event) != 0, 0, "SetEvent of a closed event is FALSE");
  is(GetLastError(), ERROR_INVALID_HANDLE, "its last error");
  SetLastError(MARK);
  is(ResetEvent(event) != 0, 0, "ResetEvent is FALSE");
  is(GetLastError(), ERROR_INVALID_HANDLE, "its last error");
  SetLastError(MARK);
  is(CloseHandle(event) != 0, 0, "CloseHandle is FALSE");
  is(GetLastError(), ERROR_INVALID_HANDLE, "its last error");
  SetLastError(MARK);
  is(WaitForSingleObject(event, 0), WAIT_FAILED, "WaitForSingleObject is WAIT_FAILED");
  is(GetLastError(), ERROR_INVALID_HANDLE, "its last error");
  is(SetEvent(NULL) != 0, 0, "SetEvent of NULL is FALSE");
  is(CloseHandle(NULL) != 0, 0, "CloseHandle of NULL is FALSE");
}

static void waits(void) {
  HANDLE events[3];
  for (int i = 0; i < 3; ++i) {
    events[i] = CreateEventA(NULL, i == 2, FALSE, NULL);
  }
  is(WaitForMultipleObjects(3, events, FALSE, 0), WAIT_TIMEOUT, "none of three");
  SetEvent(events[1]);
  is(WaitForMultipleObjects(3, events, FALSE, LONG_ENOUGH), WAIT_OBJECT_0 + 1, "the second");
  is(WaitForMultipleObjects(3, events, FALSE, 0), WAIT_TIMEOUT, "which that has reset");
  SetEvent(events[2]);
  SetEvent(events[0]);
  is(WaitForMultipleObjects(3, events, FALSE, 0), WAIT_OBJECT_0, "the first of two");
  is(WaitForSingleObject(events[2], 0), WAIT_OBJECT_0, "the other stays signalled");
  SetEvent(events[0]);
  is(WaitForMultipleObjects(3, events, TRUE, 0), WAIT_TIMEOUT, "not all of three");
  is(WaitForSingleObject(events[0], 0), WAIT_OBJECT_0, "a failed wait for all resets none");
  SetEvent(events[0]);
  SetEvent(events[1]);
  is(WaitForMultipleObjects(3, events, TRUE, LONG_ENOUGH), WAIT_OBJECT_0, "all of three");
  is(WaitForSingleObject(events[0], 0), WAIT_TIMEOUT, "which resets the automatic ones");
  is(WaitForSingleObject(events[2], 0), WAIT_OBJECT_0, "and not the manual one");
  double start = milliseconds();
  is(WaitForSingleObject(events[0], 40), WAIT_TIMEOUT, "40 ms of waiting");
  within((unsigned long)(milliseconds() - start), 38, 1000, "take 40 ms");
  SetLastError(MARK);
  is(WaitForMultipleObjects(0, events, FALSE, 0), WAIT_FAILED, "no event at all");
  is(GetLastError(), ERROR_INVALID_PARAMETER, "its last error");
  is(WaitForMultipleObjects(65, events, FALSE, 0), WAIT_FAILED, "more than 64");
  for (int i = 0; i < 3; ++i) {
    CloseHandle(events[i]);
  }
}

static void set_event(void *context) { SetEvent(*(HANDLE *)context); }
static void wait_event(void *context) { WaitForSingleObject(*(HANDLE *)context, INFINITE); }

static void waits_of_threads(void) {
  HANDLE event = CreateEventA(NULL, FALSE, FALSE, NULL);
  void *contexts[1] = {&event};
  in_threads(1, set_event, contexts);
  is(WaitForSingleObject(event, LONG_ENOUGH), WAIT_OBJECT_0, "set by another thread");
  SetEvent(event);
  in_threads(1, wait_event, contexts);
  is(WaitForSingleObject(event, 0), WAIT_TIMEOUT, "consumed by another thread");
  CloseHandle(event);
}

/* --- time --------------------------------------------------------------------------------------
 */

static void clocks(void) {
  LARGE_INTEGER rate, first, second;
  is(QueryPerformanceFrequency(&rate) != 0, 1, "QueryPerformanceFrequency");
  ok(rate.QuadPart >= 1000000, "counts microseconds at least");
  is(QueryPerformanceCounter(&first) != 0, 1, "QueryPerformanceCounter");
  ULONGLONG ticks = GetTickCount64();
  DWORD low = GetTickCount();
  Sleep(30);
  QueryPerformanceCounter(&second);
  ok((second.QuadPart - first.QuadPart) * 1000 / rate.QuadPart >= 29, "Sleep(30) is 30 ms long");
  within((unsigned long)(GetTickCount64() - ticks), 14, 1000, "also by GetTickCount64");
  within((unsigned long)(GetTickCount() - low), 14, 1000, "and by GetTickCount");
  is(SleepEx(5, FALSE), 0, "SleepEx that is not alertable ends with 0");
  is(SleepEx(5, TRUE), 0, "an alertable one too, with nothing queued");
}

/* --- Winsock -----------------------------------------------------------------------------------
 */

static void winsock(void) {
  WSADATA data;
  memset(&data, 0, sizeof data);
  is((unsigned long)WSAStartup(MAKEWORD(2, 2), &data), 0, "WSAStartup 2.2");
  is(data.wVersion, 0x0202, "wVersion is what was asked for");
  is(data.wHighVersion, 0x0202, "wHighVersion is 2.2");
  is((unsigned long)WSACleanup(), 0, "WSACleanup");
  WSASetLastError(10060);
  is((unsigned long)WSAGetLastError(), 10060, "WSAGetLastError returns what was set");
  is(GetLastError(), 10060, "and so does GetLastError");
}

static void addresses(void) {
  struct in_addr address;
  is(inet_addr("127.0.0.1"), htonl(0x7f000001u), "inet_addr is in network order");
  is(inet_addr("1.2.3"), htonl(0x01020003u), "inet_addr of three parts");
  is(inet_addr("nonsense"), INADDR_NONE, "inet_addr of nonsense");
  is(inet_addr("1.2.3.256"), INADDR_NONE, "inet_addr of a number too big");
  address.S_un.S_addr = inet_addr("10.20.30.40");
  is(address.S_un.S_un_b.s_b1, 10, "S_un_b.s_b1 is the first octet");
  is(address.S_un.S_un_b.s_b4, 40, "S_un_b.s_b4 is the last");
  is(address.s_addr, address.S_un.S_addr, "s_addr is S_un.S_addr");
  ok(strcmp(inet_ntoa(address), "10.20.30.40") == 0, "inet_ntoa");
  is(htons(0x1234), 0x3412, "htons");
  is(ntohs(htons(0xabcd)), 0xabcd, "ntohs undoes it");
  is(ntohl(htonl(0x12345678u)), 0x12345678u, "ntohl undoes htonl");
  struct sockaddr_in6 loopback = address6("::1");
  is(loopback.sin6_addr.s6_addr[15], 1, "inet_pton of ::1");
  char text[64];
  ok(inet_ntop(AF_INET6, &loopback.sin6_addr, text, sizeof text) != NULL &&
         strcmp(text, "::1") == 0,
     "inet_ntop of ::1");
}

/* What is asked of an IPv6 address, a bit each. */
static unsigned long kinds(const struct in6_addr *address) {
  return (IN6_IS_ADDR_UNSPECIFIED(address) ? 1u : 0) | (IN6_IS_ADDR_LOOPBACK(address) ? 2u : 0) |
         (IN6_IS_ADDR_MULTICAST(address) ? 4u : 0) | (IN6_IS_ADDR_LINKLOCAL(address) ? 8u : 0) |
         (IN6_IS_ADDR_SITELOCAL(address) ? 0x10u : 0) |
         (IN6_IS_ADDR_V4MAPPED(address) ? 0x20u : 0) | (IN6_IS_ADDR_V4COMPAT(address) ? 0x40u : 0) |
         (IN6_IS_ADDR_MC_NODELOCAL(address) ? 0x80u : 0) |
         (IN6_IS_ADDR_MC_LINKLOCAL(address) ? 0x100u : 0) |
         (IN6_IS_ADDR_MC_SITELOCAL(address) ? 0x200u : 0) |
         (IN6_IS_ADDR_MC_ORGLOCAL(address) ? 0x400u : 0) |
         (IN6_IS_ADDR_MC_GLOBAL(address) ? 0x800u : 0);
}

static void kinds_of_ipv6(void) {
  static const struct {
    const char *text;
    unsigned long kinds;
  } all[] = {
      {"::", 1},
      {"::1", 2},
      {"::2", 0x40},
      {"::100", 0x40},
      {"::1.2.3.4", 0x40},
      {"::1:0:1", 0},
      {"::ffff:1.2.3.4", 0x20},
      {"::ffff:0:1.2.3.4", 0},
      {"1::ffff:1.2.3.4", 0},
      {"1::1", 0},
      {"fe7f::1", 0},
      {"fe80::1", 8},
      {"febf:ffff::", 8},
      {"fec0::1", 0x10},
      {"feff::1", 0x10},
      {"fd00::1", 0},
      {"ff00::", 4},
      {"ff01::1", 0x84},
      {"ff02::1", 0x104},
      {"ff32::1", 0x104},
      {"ff05::2", 0x204},
      {"ff08::1", 0x404},
      {"ff0e::1", 0x804},
      {"2001:db8::ff02:1", 0},
  };
  for (size_t i = 0; i < sizeof all / sizeof *all; ++i) {
    const struct sockaddr_in6 address = address6(all[i].text);
    is(kinds(&address.sin6_addr), all[i].kinds, "IN6_IS_ADDR_... of %s", all[i].text);
  }
}

static void constants_of_ipv6(void) {
  SOCKADDR_IN6 one = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
  struct in6_addr none = IN6ADDR_ANY_INIT;
  is(kinds(&one.sin6_addr), 2, "IN6ADDR_LOOPBACK_INIT");
  is(kinds(&none), 1, "IN6ADDR_ANY_INIT");
  is(kinds(&in6addr_loopback), 2, "in6addr_loopback");
  is(kinds(&in6addr_any), 1, "in6addr_any");
  ok(IN6_ARE_ADDR_EQUAL(&one.sin6_addr, &in6addr_loopback), "IN6_ARE_ADDR_EQUAL");
  ok(IN6_ADDR_EQUAL(&none, &in6addr_any), "IN6_ADDR_EQUAL");
  for (int i = 0; i < 16; ++i) {
    struct in6_addr other = in6addr_loopback;
    other.s6_bytes[i] ^= 0x80;
    ok(!IN6_ARE_ADDR_EQUAL(&one.sin6_addr, &other), "byte %d makes a difference", i);
  }
  ok(IN6ADDR_ISLOOPBACK(&one) && !IN6ADDR_ISANY(&one), "IN6ADDR_ISLOOPBACK");
  IN6ADDR_SETANY(&one);
  ok(IN6ADDR_ISANY(&one) && !IN6ADDR_ISLOOPBACK(&one), "IN6ADDR_SETANY");
  IN6ADDR_SETLOOPBACK(&one);
  ok(IN6ADDR_ISLOOPBACK(&one), "IN6ADDR_SETLOOPBACK");
  one.sin6_family = AF_INET;
  ok(!IN6ADDR_ISLOOPBACK(&one) && !IN6ADDR_ISANY(&one), "another family is neither");
  IN6_SET_ADDR_LOOPBACK(&none);
  is(kinds(&none), 2, "IN6_SET_ADDR_LOOPBACK");
  IN6_SET_ADDR_UNSPECIFIED(&none);
  is(kinds(&none), 1, "IN6_SET_ADDR_UNSPECIFIED");
}

/* A number, so that nothing is looked up. */
static void name_lookup(void) {
  WSADATA data;
  WSAStartup(MAKEWORD(2, 2), &data);
  ADDRINFO hints;
  LPADDRINFO found = NULL;
  memset(&hints, 0, sizeof hints);
  hints.ai_flags = AI_NUMERICHOST;
  hints.ai_family = AF_INET;
  hints.ai_socktype = SOCK_DGRAM;
  is((unsigned long)getaddrinfo("127.1.2.3", NULL, &hints, &found), 0, "getaddrinfo of a number");
  const SOCKADDR_IN *address = found ? (const SOCKADDR_IN *)(const void *)found->ai_addr : NULL;
  is(address ? address->sin_addr.S_un.S_addr : 0, inet_addr("127.1.2.3"), "its address");
  PADDRINFOA first = found;
  ok(first != NULL && first->ai_family == AF_INET && first->ai_socktype == SOCK_DGRAM,
     "its family and type");
  char text[NI_MAXHOST] = "";
  is(found ? (unsigned long)getnameinfo(found->ai_addr, (socklen_t)found->ai_addrlen, text,
                                        sizeof text, NULL, 0, NI_NUMERICHOST)
           : MARK,
     0, "getnameinfo with NI_NUMERICHOST");
  ok(strcmp(text, "127.1.2.3") == 0, "the same number");
  if (found) {
    freeaddrinfo(found);
  }
  found = NULL;
  ok(getaddrinfo("no.number", NULL, &hints, &found) != 0, "AI_NUMERICHOST refuses a name");
  WSACleanup();
}

const conformance_case around_cases[] = {
    {"around.last_error", last_error, NULL},
    {"around.manual_event", manual_event, NULL},
    {"around.automatic_event", automatic_event, NULL},
    {"around.closed_event", closed_event, NULL},
    {"around.waits", waits, NULL},
    {"around.waits_of_threads", waits_of_threads, NULL},
    {"around.clocks", clocks, NULL},
    {"around.winsock", winsock, NULL},
    {"around.addresses", addresses, NULL},
    {"around.kinds_of_ipv6", kinds_of_ipv6, NULL},
    {"around.constants_of_ipv6", constants_of_ipv6, NULL},
    {"around.name_lookup", name_lookup, NULL},
    {NULL, NULL, NULL},
};
