/* conformance_lab6.c: IPv6 over two routers, as conformance_lab4.c.
 *
 * Arguments: router1_6 router2_6 server6, and crafted6 (four hexadecimal digits:
 * crafted6::TYPE:CODE answers with that ICMPv6 error). */
#include "conformance.h"

static const char *crafted(unsigned type, unsigned code) {
  static char text[64];
  snprintf(text, sizeof text, "%s::%x:%x", argument("crafted6"), type, code);
  return text;
}

static const char *silent(void) { return crafted(255, 255); }

static DWORD send_to(HANDLE icmp, const char *target, WORD size, UCHAR limit, DWORD timeout) {
  IP_OPTION_INFORMATION with = {.Ttl = limit};
  request what = {.target = target,
                  .data = pattern,
                  .size = size,
                  .options = limit == 0 ? NULL : &with,
                  .room = (DWORD)sizeof(ICMPV6_ECHO_REPLY) + size,
                  .timeout = timeout};
  what.buffer = fresh_buffer(what.room);
  return send6(icmp, &what);
}

static void hops(void) {
  const char *way[3] = {argument("router1_6"), argument("router2_6"), argument("server6")};
  HANDLE icmp = Icmp6CreateFile();
  for (int i = 0; i < 3; ++i) {
    is(send_to(icmp, way[2], 32, (UCHAR)(i + 1), LONG_ENOUGH), 1, "Ttl %d: one reply", i + 1);
    is(reply6()->Status, i < 2 ? IP_HOP_LIMIT_EXCEEDED : IP_SUCCESS, "Ttl %d: Status", i + 1);
    ok(from6(reply6(), way[i]), "Ttl %d: Address is that hop's", i + 1);
    ok(reply6()->RoundTripTime < 1000, "Ttl %d: RoundTripTime", i + 1);
    ok(edges_intact(), "Ttl %d: nothing outside the buffer", i + 1);
  }
  is(send_to(icmp, way[2], 0, 1, LONG_ENOUGH), 1, "an error to an empty payload");
  is(reply6()->Status, IP_HOP_LIMIT_EXCEEDED, "its Status");
  IcmpCloseHandle(icmp);
}

static void error_kinds(void) {
  static const struct {
    unsigned type, code;
    ULONG status;
  } kinds[] = {
      {1, 0, IP_DEST_NO_ROUTE},
      {1, 1, IP_DEST_PROHIBITED},
      {1, 2, IP_DEST_SCOPE_MISMATCH},
      {1, 3, IP_DEST_ADDR_UNREACHABLE},
      {1, 4, IP_DEST_PORT_UNREACHABLE},
      {1, 5, IP_DEST_UNREACHABLE},
      {1, 6, IP_DEST_UNREACHABLE},
      {2, 0, IP_PACKET_TOO_BIG},
      {3, 0, IP_HOP_LIMIT_EXCEEDED},
      {3, 1, IP_REASSEMBLY_TIME_EXCEEDED},
      {4, 0, IP_BAD_HEADER},
      {4, 1, IP_UNRECOGNIZED_NEXT_HEADER},
      {4, 2, IP_BAD_OPTION},
  };
  HANDLE icmp = Icmp6CreateFile();
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; ++i) {
    unsigned type = kinds[i].type, code = kinds[i].code;
    int counts = kinds[i].status == IP_HOP_LIMIT_EXCEEDED;
    const char *target = crafted(type, code);
    is(send_to(icmp, target, 32, 0, LONG_ENOUGH), counts ? 1 : 0, "type %u code %u: returned", type,
       code);
    is(GetLastError(), counts ? 0 : kinds[i].status, "type %u code %u: last error", type, code);
    is(reply6()->Status, kinds[i].status, "type %u code %u: Status", type, code);
    ok(from6(reply6(), target), "type %u code %u: Address", type, code);
  }
  IcmpCloseHandle(icmp);
}

static void fragments(void) {
  static const WORD all[] = {1352, 1353, 1452, 8192, 65527};
  HANDLE icmp = Icmp6CreateFile();
  for (size_t i = 0; i < sizeof all / sizeof *all; ++i) {
    WORD size = all[i];
    DWORD count = send_to(icmp, argument("server6"), size, 0, LONG_ENOUGH);
    if (count == 0 && GetLastError() == IP_PACKET_TOO_BIG) { /* the router has told the size */
      count = send_to(icmp, argument("server6"), size, 0, LONG_ENOUGH);
    }
    is(count == 1 ? reply6()->Status : GetLastError(), IP_SUCCESS, "%u bytes are answered", size);
    ok(count == 1 && memcmp((unsigned char *)reply6() + 36, pattern, size) == 0,
       "%u bytes come back", size);
  }
  IcmpCloseHandle(icmp);
}

static void silence(void) {
  HANDLE icmp = Icmp6CreateFile();
  double start = milliseconds();
  is(send_to(icmp, silent(), 32, 0, 100), 0, "no reply");
  is(GetLastError(), IP_REQ_TIMED_OUT, "the last error is IP_REQ_TIMED_OUT");
  ok(milliseconds() - start > 98, "not before its time");
  IcmpCloseHandle(icmp);
}

static void completes(const char *target, UCHAR limit, DWORD timeout, ULONG status) {
  HANDLE icmp = Icmp6CreateFile();
  completion done = {0};
  IP_OPTION_INFORMATION with = {.Ttl = limit};
  request what = {.target = target,
                  .data = pattern,
                  .size = 32,
                  .options = &with,
                  .room = ROOM6(32) + 16,
                  .timeout = timeout};
  what.event = CreateEventA(NULL, TRUE, TRUE, NULL);
  what.buffer = fresh_buffer(what.room);
  is(send6(icmp, &what), 0, "with event: returns 0");
  is(WaitForSingleObject(what.event, LONG_ENOUGH), WAIT_OBJECT_0, "with event: signalled");
  SetLastError(MARK);
  DWORD counts = status == IP_HOP_LIMIT_EXCEEDED;
  is(Icmp6ParseReplies(what.buffer, what.room), counts, "with event: Icmp6ParseReplies");
  is(GetLastError(), counts ? MARK : status, "with event: its last error");
  is(reply6()->Status, status, "with event: Status");
  CloseHandle(what.event);
  what.event = NULL;
  what.apc = count_completion;
  what.context = &done;
  what.buffer = fresh_buffer(what.room);
  is(send6(icmp, &what), 0, "with routine: returns 0");
  is((unsigned long)await_completions(&done, 1), 1, "with routine: called");
  is(done.information, sizeof(ICMPV6_ECHO_REPLY), "with routine: Information");
  is(reply6()->Status, status, "with routine: Status");
  ok(edges_intact(), "nothing was written outside the buffer");
  IcmpCloseHandle(icmp);
}

static void async_silence(void) { completes(silent(), 64, 100, IP_REQ_TIMED_OUT); }
static void async_hop(void) {
  completes(argument("server6"), 1, LONG_ENOUGH, IP_HOP_LIMIT_EXCEEDED);
}
static void async_error(void) { completes(crafted(1, 1), 64, LONG_ENOUGH, IP_DEST_PROHIBITED); }

const conformance_case lab6_cases[] = {
    {"lab6.hops", hops, "lab"},
    {"lab6.error_kinds", error_kinds, "lab"},
    {"lab6.fragments", fragments, "lab"},
    {"lab6.silence", silence, "lab"},
    {"lab6.async_silence", async_silence, "lab"},
    {"lab6.async_hop", async_hop, "lab"},
    {"lab6.async_error", async_error, "lab"},
    {NULL, NULL, NULL},
};
