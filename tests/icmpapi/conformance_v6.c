/* conformance_v6.c: Icmp6SendEcho2 to ::1: replies, refusals, completion by event and by routine.
 */
#include "conformance.h"

static request good_request(WORD size) {
  request what = {.target = "::1",
                  .data = pattern,
                  .size = size,
                  .room = ROOM6(size) + (DWORD)sizeof(IO_STATUS_BLOCK),
                  .timeout = LONG_ENOUGH};
  return what;
}

static void whole_reply(WORD size) {
  const ICMPV6_ECHO_REPLY *got = reply6();
  ok(from6(got, "::1"), "Address is the target");
  is(got->Address.sin6_port, 0, "its port is 0");
  is(got->Status, IP_SUCCESS, "Status is IP_SUCCESS");
  ok(got->RoundTripTime < 1000, "RoundTripTime is in milliseconds");
  ok(memcmp((const unsigned char *)got + 36, pattern, size) == 0, "the payload is at byte 36");
  ok(edges_intact(), "nothing was written outside the buffer");
}

static void echo6(void) {
  HANDLE icmp = Icmp6CreateFile();
  request what = good_request(32);
  what.buffer = fresh_buffer(what.room);
  is(send6(icmp, &what), 1, "Icmp6SendEcho2 returns 1");
  is(GetLastError(), 0, "the last error is 0");
  whole_reply(32);
  is(Icmp6ParseReplies(what.buffer, what.room), 1, "Icmp6ParseReplies finds the reply");
  is(Icmp6ParseReplies(what.buffer, what.room), 1, "as often as it is asked");
  IcmpCloseHandle(icmp);
}

static void sizes(void) {
  static const WORD all[] = {0, 1, 2, 3, 31, 1232, 1453, 8192, 65499, 65527};
  HANDLE icmp = Icmp6CreateFile();
  for (size_t i = 0; i < sizeof all / sizeof *all; ++i) {
    WORD size = all[i];
    request what = good_request(size);
    what.room = (DWORD)sizeof(ICMPV6_ECHO_REPLY) + size;
    what.buffer = fresh_buffer(what.room);
    is(send6(icmp, &what), 1, "%u bytes are sent, in exactly the room they need", size);
    ok(reply6()->Status == IP_SUCCESS &&
           memcmp((unsigned char *)what.buffer + 36, pattern, size) == 0 && edges_intact(),
       "%u bytes come back", size);
  }
  IcmpCloseHandle(icmp);
}

static void options(void) {
  static const UCHAR limits[] = {0, 1, 64, 255};
  HANDLE icmp = Icmp6CreateFile();
  request what = good_request(32);
  for (size_t i = 0; i < sizeof limits; ++i) {
    IP_OPTION_INFORMATION with = {.Ttl = limits[i], .Tos = 0x20};
    what.options = &with;
    what.buffer = fresh_buffer(what.room);
    is(send6(icmp, &what), 1, "Ttl %u reaches this host", limits[i]);
  }
  IP_OPTION_INFORMATION df = {.Ttl = 64, .Flags = IP_FLAG_DF};
  what.options = &df;
  what.buffer = fresh_buffer(what.room);
  is(send6(icmp, &what), 1, "IP_FLAG_DF is accepted");
  IcmpCloseHandle(icmp);
}

static void sources(void) {
  HANDLE icmp = Icmp6CreateFile();
  request what = good_request(32);
  what.source = "::1";
  what.buffer = fresh_buffer(what.room);
  is(send6(icmp, &what), 1, "from ::1");
  IcmpCloseHandle(icmp);
}

static void with_event(BOOL manual) {
  HANDLE icmp = Icmp6CreateFile();
  request what = good_request(32);
  what.buffer = fresh_buffer(what.room);
  what.event = CreateEventA(NULL, manual, FALSE, NULL);
  is(send6(icmp, &what), 0, "the call returns 0");
  is(GetLastError(), ERROR_IO_PENDING, "the last error is ERROR_IO_PENDING");
  is(WaitForSingleObject(what.event, LONG_ENOUGH), WAIT_OBJECT_0, "the event is signalled");
  is(WaitForSingleObject(what.event, 0), manual ? WAIT_OBJECT_0 : WAIT_TIMEOUT,
     manual ? "and stays so" : "once");
  is(Icmp6ParseReplies(what.buffer, what.room), 1, "Icmp6ParseReplies finds the reply");
  whole_reply(32);
  IcmpCloseHandle(icmp);
  CloseHandle(what.event);
}

static void manual_event(void) { with_event(TRUE); }
static void automatic_event(void) { with_event(FALSE); }

static void routine(void) {
  HANDLE icmp = Icmp6CreateFile();
  completion done = {0};
  request what = good_request(32);
  what.buffer = fresh_buffer(what.room);
  what.apc = count_completion;
  what.context = &done;
  is(send6(icmp, &what), 0, "the call returns 0");
  is(GetLastError(), ERROR_IO_PENDING, "the last error is ERROR_IO_PENDING");
  is((unsigned long)await_completions(&done, 1), 1, "the routine is called");
  is(done.status, 0, "IoStatusBlock->Status is 0");
  is(done.information, sizeof(ICMPV6_ECHO_REPLY) + 32, "Information is what the reply takes");
  ok(done.thread == this_thread(), "on the thread of the call");
  is(Icmp6ParseReplies(what.buffer, what.room), 1, "Icmp6ParseReplies finds the reply");
  whole_reply(32);
  IcmpCloseHandle(icmp);
}

static void outstanding(void) {
  enum { COUNT = 16, SLOT = 128 };
  HANDLE icmp = Icmp6CreateFile(), events[COUNT];
  unsigned char *buffers = fresh_buffer(COUNT * SLOT);
  int good = 0;
  for (int i = 0; i < COUNT; ++i) {
    request what = good_request(32);
    what.data = pattern + i * 64;
    what.buffer = buffers + i * SLOT;
    what.event = events[i] = CreateEventA(NULL, TRUE, FALSE, NULL);
    send6(icmp, &what);
  }
  is(WaitForMultipleObjects(COUNT, events, TRUE, LONG_ENOUGH), WAIT_OBJECT_0, "16 at once");
  for (int i = 0; i < COUNT; ++i) {
    good += Icmp6ParseReplies(buffers + i * SLOT, SLOT) == 1 &&
            memcmp(buffers + i * SLOT + 36, pattern + i * 64, 32) == 0;
    CloseHandle(events[i]);
  }
  is((unsigned long)good, COUNT, "each has the reply to its own payload");
  IcmpCloseHandle(icmp);
}

/* --- refusals --------------------------------------------------------------------------------- */

/* Synchronously, with an event and with a routine; `change` alters the good request. */
static void refused(HANDLE icmp, request what, DWORD error) {
  static const char *const ways[] = {"synchronous", "with event", "with routine"};
  for (int way = 0; way < 3; ++way) {
    completion done = {0};
    request one = what;
    void *buffer = fresh_buffer(what.room > 0 ? what.room : 1);
    one.buffer = what.buffer == (void *)-1 ? NULL : buffer;
    one.event = way == 1 ? CreateEventA(NULL, TRUE, FALSE, NULL) : NULL;
    one.apc = way == 2 ? count_completion : NULL;
    one.context = &done;
    is(send6(icmp, &one), 0, "%s: returns 0", ways[way]);
    is(GetLastError(), error, "%s: the last error", ways[way]);
    ok(untouched(), "%s: the buffer is as it was", ways[way]);
    if (way == 1) {
      is(WaitForSingleObject(one.event, 0), WAIT_TIMEOUT, "%s: it is not signalled", ways[way]);
      CloseHandle(one.event);
    }
    if (way == 2) {
      is(SleepEx(0, TRUE), 0, "%s: it is not queued", ways[way]);
    }
  }
}

static void handle_invalid(void) {
  refused(INVALID_HANDLE_VALUE, good_request(32), ERROR_INVALID_PARAMETER);
}
static void handle_null(void) { refused(NULL, good_request(32), ERROR_INVALID_PARAMETER); }

static void handle_of_ipv4(void) {
  HANDLE icmp = IcmpCreateFile();
  refused(icmp, good_request(32), ERROR_INVALID_PARAMETER);
  IcmpCloseHandle(icmp);
}

static void handle_closed(void) {
  HANDLE icmp = Icmp6CreateFile();
  IcmpCloseHandle(icmp);
  refused(icmp, good_request(32), ERROR_INVALID_PARAMETER);
}

static void refused_argument(request what, DWORD error) {
  HANDLE icmp = Icmp6CreateFile();
  refused(icmp, what, error);
  IcmpCloseHandle(icmp);
}

static void reply_null(void) {
  request what = good_request(32);
  what.buffer = (void *)-1;
  refused_argument(what, ERROR_INVALID_PARAMETER);
}

static void room_below_structure(void) {
  request what = good_request(32);
  what.room = sizeof(ICMPV6_ECHO_REPLY) - 1;
  refused_argument(what, ERROR_INVALID_PARAMETER);
}

static void data_null(void) {
  request what = good_request(32);
  what.data = NULL;
  refused_argument(what, ERROR_INVALID_PARAMETER);
}

static void target_unspecified(void) {
  request what = good_request(32);
  what.target = "::";
  refused_argument(what, ERROR_INVALID_NETNAME);
}

/* Sent to this host, whatever the source. */
static void source_foreign(void) {
  request what = good_request(32);
  what.source = "2001:db8::7";
  refused_argument(what, ERROR_INVALID_NETNAME);
}

static void data_too_big(void) {
  request what = good_request(32);
  what.size = 65528;
  what.room = ROOM6(65535);
  refused_argument(what, IP_PACKET_TOO_BIG);
}

static void room_one_short(void) {
  request what = good_request(32);
  what.room = sizeof(ICMPV6_ECHO_REPLY) + 31;
  refused_argument(what, IP_GENERAL_FAILURE);
}

static void address_null(void) {
  HANDLE icmp = Icmp6CreateFile();
  struct sockaddr_in6 any = address6("::");
  void *buffer = fresh_buffer(ROOM6(32));
  SetLastError(MARK);
  is(Icmp6SendEcho2(icmp, NULL, NULL, NULL, &any, NULL, pattern, 32, NULL, buffer, ROOM6(32), 100),
     0, "a target of NULL is refused");
  ok(GetLastError() != MARK && GetLastError() != 0, "with a last error");
  ok(untouched(), "the buffer is as it was");
  IcmpCloseHandle(icmp);
}

const conformance_case v6_cases[] = {
    {"v6.Icmp6SendEcho2", echo6, NULL},
    {"v6.sizes", sizes, NULL},
    {"v6.options", options, NULL},
    {"v6.sources", sources, NULL},
    {"v6.manual_event", manual_event, NULL},
    {"v6.automatic_event", automatic_event, NULL},
    {"v6.routine", routine, NULL},
    {"v6.outstanding", outstanding, NULL},
    {"v6.handle_invalid", handle_invalid, NULL},
    {"v6.handle_null", handle_null, NULL},
    {"v6.handle_closed", handle_closed, NULL},
    {"v6.handle_of_ipv4", handle_of_ipv4, NULL},
    {"v6.reply_null", reply_null, NULL},
    {"v6.room_below_structure", room_below_structure, NULL},
    {"v6.data_null", data_null, NULL},
    {"v6.target_unspecified", target_unspecified, NULL},
    {"v6.source_foreign", source_foreign, NULL},
    {"v6.data_too_big", data_too_big, NULL},
    {"v6.room_one_short", room_one_short, NULL},
    {"v6.address_null", address_null, NULL},
    {NULL, NULL, NULL},
};
