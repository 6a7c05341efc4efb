/* conformance_lab4.c: IPv4 over two routers: expiry, unreachability, sizes, silence, broadcast.
 *
 * Arguments: router1 router2 server (addresses, in this order on the way; the link between the
 * routers has an MTU of 1400), crafted (two octets: crafted.TYPE.CODE answers with that ICMP error,
 * see _responder.py for crafted.255.x), broadcast (of the link to router1), source2 (a second
 * address of this host, the only one that `picky` answers), unroutable (no way, says this host),
 * and raw=1 where raw sockets are used. */
#include "conformance.h"

static const char *crafted(unsigned type, unsigned code) {
  static char text[32];
  snprintf(text, sizeof text, "%s.%u.%u", argument("crafted"), type, code);
  return text;
}

static const char *silent(void) { return crafted(255, 255); }

/* --- expiry ----------------------------------------------------------------------------------- */

static void hops(void) {
  const char *way[3] = {argument("router1"), argument("router2"), argument("server")};
  HANDLE icmp = IcmpCreateFile();
  for (int i = 0; i < 3; ++i) {
    IP_OPTION_INFORMATION with = {.Ttl = (UCHAR)(i + 1)};
    is(echo(icmp, way[2], 32, &with, LONG_ENOUGH), 1, "Ttl %d: one reply", i + 1);
    is(GetLastError(), 0, "Ttl %d: the last error is 0", i + 1);
    is(reply()->Address, inet_addr(way[i]), "Ttl %d: Address is that hop's", i + 1);
    is(reply()->Status, i < 2 ? IP_TTL_EXPIRED_TRANSIT : IP_SUCCESS, "Ttl %d: Status", i + 1);
    is(reply()->DataSize, i < 2 ? 0 : 32, "Ttl %d: DataSize", i + 1);
    is(reply()->Reserved, 0, "Ttl %d: Reserved", i + 1);
    ok(reply()->RoundTripTime < 1000, "Ttl %d: RoundTripTime", i + 1);
    ok(edges_intact(), "Ttl %d: nothing outside the buffer", i + 1);
  }
  is(reply()->Options.Ttl, 62, "Options.Ttl tells the two routers of the way back");
  is(echo(icmp, way[2], 32, NULL, LONG_ENOUGH), 1, "without options");
  is(reply()->Status, IP_SUCCESS, "the last call's Ttl is forgotten");
  IcmpCloseHandle(icmp);
}

static void error_in_room(WORD size, DWORD room) {
  HANDLE icmp = IcmpCreateFile();
  IP_OPTION_INFORMATION with = {.Ttl = 1};
  request what = {.target = argument("server"),
                  .data = pattern,
                  .size = size,
                  .options = &with,
                  .room = room,
                  .timeout = 1000};
  what.buffer = fresh_buffer(room);
  is(send_as(SYNC, icmp, &what), 1, "an ICMP error is a reply");
  is(reply()->Status, IP_TTL_EXPIRED_TRANSIT, "its Status");
  is(reply()->Address, inet_addr(argument("router1")), "its Address");
  ok(edges_intact(), "nothing was written outside the buffer");
  IcmpCloseHandle(icmp);
}

/* As much room as the example of the documentation gives. */
static void error_in_exact_room(void) { error_in_room(32, sizeof(ICMP_ECHO_REPLY) + 32); }
static void error_without_payload(void) { error_in_room(0, sizeof(ICMP_ECHO_REPLY)); }
static void error_with_rule(void) { error_in_room(0, sizeof(ICMP_ECHO_REPLY) + 8); }
static void error_of_long_packet(void) { error_in_room(1372, ROOM(1372)); }

static void hops_at_once(void) {
  enum { HOPS = 4, SLOT = 128 };
  HANDLE icmp = IcmpCreateFile(), events[HOPS];
  unsigned char *buffers = fresh_buffer(HOPS * SLOT);
  const char *way[HOPS] = {argument("router1"), argument("router2"), argument("server"),
                           argument("server")};
  for (int i = 0; i < HOPS; ++i) {
    IP_OPTION_INFORMATION with = {.Ttl = (UCHAR)(i + 1)};
    request what = {.target = way[3],
                    .data = pattern,
                    .size = 32,
                    .options = &with,
                    .buffer = buffers + i * SLOT,
                    .room = SLOT,
                    .timeout = LONG_ENOUGH};
    what.event = events[i] = CreateEventA(NULL, TRUE, FALSE, NULL);
    send_as(EVENT, icmp, &what);
  }
  is(WaitForMultipleObjects(HOPS, events, TRUE, LONG_ENOUGH), WAIT_OBJECT_0, "four Ttl at once");
  for (int i = 0; i < HOPS; ++i) {
    ICMP_ECHO_REPLY *got = (ICMP_ECHO_REPLY *)(void *)(buffers + i * SLOT);
    ok(IcmpParseReplies(got, SLOT) == 1 && got->Address == inet_addr(way[i]) &&
           got->Status == (i < 2 ? IP_TTL_EXPIRED_TRANSIT : IP_SUCCESS),
       "the answer to Ttl %d is in its buffer", i + 1);
    CloseHandle(events[i]);
  }
  IcmpCloseHandle(icmp);
}

/* --- every kind of error ---------------------------------------------------------------------- */

static void error_kind(unsigned type, unsigned code, PIP_OPTION_INFORMATION options, ULONG status) {
  HANDLE icmp = IcmpCreateFile();
  const char *target = crafted(type, code);
  is(echo(icmp, target, 32, options, LONG_ENOUGH), 1, "type %u code %u is a reply", type, code);
  is(reply()->Status, status, "type %u code %u: Status", type, code);
  is(reply()->Address, inet_addr(target), "type %u code %u: Address", type, code);
  is(reply()->DataSize, 0, "type %u code %u: DataSize", type, code);
  IcmpCloseHandle(icmp);
}

static void error_kinds(void) {
  static const struct {
    unsigned type, code;
    ULONG status;
  } kinds[] = {
      {3, 0, IP_DEST_NET_UNREACHABLE},
      {3, 1, IP_DEST_HOST_UNREACHABLE},
      {3, 2, IP_DEST_PROT_UNREACHABLE},
      {3, 3, IP_DEST_PORT_UNREACHABLE},
      {3, 5, IP_BAD_ROUTE},
      {3, 6, IP_DEST_NET_UNREACHABLE},
      {3, 7, IP_DEST_HOST_UNREACHABLE},
      {3, 8, IP_DEST_HOST_UNREACHABLE},
      {3, 9, IP_DEST_NET_UNREACHABLE},
      {3, 10, IP_DEST_HOST_UNREACHABLE},
      {3, 11, IP_DEST_NET_UNREACHABLE},
      {3, 12, IP_DEST_HOST_UNREACHABLE},
      {3, 13, IP_DEST_HOST_UNREACHABLE},
      {3, 14, IP_DEST_HOST_UNREACHABLE},
      {3, 15, IP_DEST_HOST_UNREACHABLE},
      {11, 0, IP_TTL_EXPIRED_TRANSIT},
      {12, 0, IP_PARAM_PROBLEM},
      {12, 1, IP_PARAM_PROBLEM},
      {12, 2, IP_PARAM_PROBLEM},
  };
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; ++i) {
    error_kind(kinds[i].type, kinds[i].code, NULL, kinds[i].status);
  }
}

/* Who did not ask for DF is told nothing by Linux's datagram sockets. */
static void too_big(void) {
  IP_OPTION_INFORMATION df = {.Ttl = 64, .Flags = IP_FLAG_DF};
  error_kind(3, 4, &df, IP_PACKET_TOO_BIG);
}

/* Linux keeps it from its datagram sockets. */
static void reassembly(void) { error_kind(11, 1, NULL, IP_TTL_EXPIRED_REASSEM); }

static void no_answer(unsigned type, unsigned code) {
  HANDLE icmp = IcmpCreateFile();
  is(echo(icmp, crafted(type, code), 32, NULL, LONG_ENOUGH), 1, "one reply, behind something else");
  is(reply()->Status, IP_SUCCESS, "Status is the reply's");
  is(reply()->DataSize, 32, "DataSize is the reply's");
  IcmpCloseHandle(icmp);
}

static void redirect_is_no_answer(void) { no_answer(5, 1); }

/* RFC 6633: a host discards it. */
static void source_quench_is_no_answer(void) { no_answer(4, 0); }

static void unroutable(void) {
  HANDLE icmp = IcmpCreateFile();
  DWORD count = echo(icmp, argument("unroutable"), 32, NULL, 500);
  is(count == 0 ? GetLastError() : reply()->Status, IP_DEST_HOST_UNREACHABLE,
     "this host knows no way: last error or Status");
  ok(edges_intact(), "nothing was written outside the buffer");
  IcmpCloseHandle(icmp);
}

/* --- sizes ------------------------------------------------------------------------------------ */

static void fragments(void) {
  static const WORD all[] = {1372, 1373, 1472, 1473, 8192, 65507};
  HANDLE icmp = IcmpCreateFile();
  for (size_t i = 0; i < sizeof all / sizeof *all; ++i) {
    WORD size = all[i];
    is(echo(icmp, argument("server"), size, NULL, LONG_ENOUGH), 1, "%u bytes, fragments allowed",
       size);
    ok(reply()->Status == IP_SUCCESS && reply()->DataSize == size &&
           memcmp(reply()->Data, pattern, size) == 0,
       "%u bytes come back", size);
  }
  IcmpCloseHandle(icmp);
}

static void df(void) {
  HANDLE icmp = IcmpCreateFile();
  IP_OPTION_INFORMATION with = {.Ttl = 64, .Flags = IP_FLAG_DF};
  is(echo(icmp, argument("server"), 1372, &with, LONG_ENOUGH), 1, "DF, as long as the way allows");
  is(reply()->Status, IP_SUCCESS, "its Status");
  is(echo(icmp, argument("server"), 1373, &with, LONG_ENOUGH), 1, "DF and a byte more");
  is(reply()->Status, IP_PACKET_TOO_BIG, "its Status");
  is(reply()->Address, inet_addr(argument("router1")), "its Address is the router's");
  is(reply()->DataSize, 0, "its DataSize");
  is(echo(icmp, argument("server"), 1373, NULL, LONG_ENOUGH), 1, "the same without DF");
  is(reply()->Status, IP_SUCCESS, "DF was for that one call");
  for (int i = 0; i < 2; ++i) { /* the system has learnt the size of the way by now */
    DWORD count = echo(icmp, argument("server"), 1472, &with, LONG_ENOUGH);
    is(count == 0 ? GetLastError() : reply()->Status, IP_PACKET_TOO_BIG,
       "DF and too long again (%d): last error or Status", i);
  }
  IcmpCloseHandle(icmp);
}

/* --- options on the way ------------------------------------------------------------------------
 */

static void recorded_routers(void) {
  HANDLE icmp = IcmpCreateFile();
  UCHAR route[40] = {IP_OPT_RR, 39, 4};
  IP_OPTION_INFORMATION with = {.Ttl = 64, .OptionsSize = sizeof route, .OptionsData = route};
  request what = {.target = argument("server"),
                  .data = pattern,
                  .size = 32,
                  .options = &with,
                  .room = ROOM(32) + 40,
                  .timeout = LONG_ENOUGH};
  what.buffer = fresh_buffer(what.room);
  is(send_as(SYNC, icmp, &what), 1, "record route is answered");
  is(reply()->Status, IP_SUCCESS, "its Status");
  const UCHAR *came = reply()->Options.OptionsData;
  IPAddr target = inet_addr(argument("server"));
  if (is(reply()->Options.OptionsSize, 40, "its options are as long as the request's")) {
    ok(came[0] == IP_OPT_RR && came[2] > 4 + 3 * 4, "more than three stops were recorded");
    int found = 0;
    for (int at = 3; at + 4 <= 39; at += 4) {
      found += memcmp(came + at, &target, 4) == 0;
    }
    ok(found > 0, "the server is among them");
  }
  ok(memcmp(reply()->Data, pattern, 32) == 0, "the payload is whole");
  ok(edges_intact(), "nothing was written outside the buffer");
  IcmpCloseHandle(icmp);
}

static void source_address(void) {
  HANDLE icmp = IcmpCreateFile();
  request what = {.target = argument("picky"),
                  .source = argument("source2"),
                  .data = pattern,
                  .size = 32,
                  .room = ROOM(32),
                  .timeout = 1000};
  what.buffer = fresh_buffer(what.room);
  is(send_as(SYNC2EX, icmp, &what), 1, "from the address that is let through");
  what.source = NULL;
  what.timeout = 100;
  what.buffer = fresh_buffer(what.room);
  is(send_as(SYNC2EX, icmp, &what), 0, "from the usual one there is no answer");
  is(GetLastError(), IP_REQ_TIMED_OUT, "the last error is IP_REQ_TIMED_OUT");
  IcmpCloseHandle(icmp);
}

/* --- several replies -------------------------------------------------------------------------- */

static void broadcast(void) {
  HANDLE icmp = IcmpCreateFile();
  request what = {.target = argument("broadcast"),
                  .data = pattern,
                  .size = 32,
                  .room = 4 * ROOM(32),
                  .timeout = 200};
  unsigned char *buffer = what.buffer = fresh_buffer(what.room);
  if (!is(send_as(SYNC, icmp, &what), 2, "two replies to a broadcast")) {
    IcmpCloseHandle(icmp);
    return;
  }
  is(GetLastError(), 0, "the last error is 0");
  const ICMP_ECHO_REPLY *got = reply();
  ok(got[0].Address != got[1].Address, "of two hosts");
  ok(got[0].Address == inet_addr(argument("router1")) ||
         got[1].Address == inet_addr(argument("router1")),
     "one of them the router");
  for (int i = 0; i < 2; ++i) {
    const unsigned char *data = got[i].Data;
    ok(got[i].Status == IP_SUCCESS && got[i].DataSize == 32, "reply %d: Status and DataSize", i);
    ok(data >= (const unsigned char *)(got + 2) && data + 32 <= buffer + what.room &&
           memcmp(data, pattern, 32) == 0,
       "reply %d: its payload is inside the buffer, behind the structures", i);
  }
  ok(edges_intact(), "nothing was written outside the buffer");
  what.room = sizeof(ICMP_ECHO_REPLY) + 32;
  what.buffer = fresh_buffer(what.room);
  is(send_as(SYNC, icmp, &what), 1, "in a buffer for one reply, one");
  ok(edges_intact() && memcmp(reply()->Data, pattern, 32) == 0, "and that is whole");
  what.room = 4 * ROOM(32);
  what.buffer = fresh_buffer(what.room);
  what.event = CreateEventA(NULL, TRUE, FALSE, NULL);
  send_as(EVENT, icmp, &what);
  is(WaitForSingleObject(what.event, LONG_ENOUGH), WAIT_OBJECT_0, "asynchronously");
  is(IcmpParseReplies(what.buffer, what.room), 2, "IcmpParseReplies counts two");
  is(IcmpParseReplies(what.buffer, what.room), 0, "once");
  CloseHandle(what.event);
  IcmpCloseHandle(icmp);
}

static void duplicates(void) {
  HANDLE icmp = IcmpCreateFile();
  is(echo(icmp, crafted(255, 1), 32, NULL, LONG_ENOUGH), 1, "three replies to one request are one");
  ok(reply()->DataSize == 32 && memcmp(reply()->Data, pattern, 32) == 0, "which is whole");
  request what = {.target = crafted(255, 1),
                  .data = pattern + 500,
                  .size = 32,
                  .room = ROOM(32),
                  .timeout = LONG_ENOUGH};
  what.buffer = fresh_buffer(what.room);
  is(send_as(SYNC, icmp, &what), 1, "the next request");
  ok(memcmp(reply()->Data, pattern + 500, 32) == 0, "has a reply of its own");
  IcmpCloseHandle(icmp);
}

/* Those that are there when the first is read: of fifty requests, of one at least. */
static void room_for_duplicates(void) {
  HANDLE icmp = IcmpCreateFile();
  request what = {.target = crafted(255, 1),
                  .data = pattern,
                  .size = 32,
                  .room = 4 * ROOM(32),
                  .timeout = LONG_ENOUGH};
  DWORD most = 0;
  int whole = 1;
  for (int i = 0; i < 50; ++i) {
    what.buffer = fresh_buffer(what.room);
    DWORD count = send_as(SYNC, icmp, &what);
    whole = whole && count >= 1 && count <= 3 && edges_intact();
    for (DWORD k = 0; whole && k < count; ++k) {
      const ICMP_ECHO_REPLY *one = (const ICMP_ECHO_REPLY *)what.buffer + k;
      whole =
          one->Status == IP_SUCCESS && one->DataSize == 32 && memcmp(one->Data, pattern, 32) == 0;
    }
    most = count > most ? count : most;
  }
  ok(whole, "one to three replies, each whole");
  ok(most >= 2, "more than one where there is room");
  IcmpCloseHandle(icmp);
}

/* crafted.255.2 answers each request when the next one comes: all but late. */
static void late(void) {
  HANDLE icmp = IcmpCreateFile();
  is(echo(icmp, crafted(255, 2), 32, NULL, 100), 0, "the reply is late");
  is(GetLastError(), IP_REQ_TIMED_OUT, "the last error is IP_REQ_TIMED_OUT");
  request what = {.target = crafted(255, 2),
                  .data = pattern + 500,
                  .size = 32,
                  .room = ROOM(32),
                  .timeout = 100};
  what.buffer = fresh_buffer(what.room);
  is(send_as(SYNC, icmp, &what), 0, "it is no answer to the next request");
  is(GetLastError(), IP_REQ_TIMED_OUT, "that one times out as well");
  IcmpCloseHandle(icmp);
}

/* --- silence ---------------------------------------------------------------------------------- */

static void silence(void) {
  static const DWORD all[] = {0, 1, 60, 150};
  HANDLE icmp = IcmpCreateFile();
  for (size_t i = 0; i < sizeof all / sizeof *all; ++i) {
    unsigned long timeout = all[i];
    double start = milliseconds();
    DWORD count = echo(icmp, silent(), 32, NULL, all[i]);
    DWORD last = GetLastError();
    double took = milliseconds() - start;
    is(count, 0, "Timeout %lu: no reply", timeout);
    is(last, IP_REQ_TIMED_OUT, "Timeout %lu: the last error is IP_REQ_TIMED_OUT", timeout);
    ok(took > (double)timeout - 2.0, "Timeout %lu: not before its time", timeout);
    ok(took < (double)timeout + 1000.0, "Timeout %lu: not long after", timeout);
    ok(edges_intact(), "Timeout %lu: nothing outside the buffer", timeout);
  }
  IcmpCloseHandle(icmp);
}

static request silent_request(void) {
  request what = {
      .target = silent(), .data = pattern, .size = 32, .room = ROOM(32) + 16, .timeout = 150};
  what.buffer = fresh_buffer(what.room);
  return what;
}

static void nothing_parsed(const request *what) {
  SetLastError(MARK);
  is(IcmpParseReplies(what->buffer, what->room), 0, "IcmpParseReplies finds no reply");
  is(GetLastError(), IP_REQ_TIMED_OUT, "the last error is IP_REQ_TIMED_OUT");
  is(reply()->Status, IP_REQ_TIMED_OUT, "and so is Status");
  ok(edges_intact(), "nothing was written outside the buffer");
}

static void silence_event(void) {
  HANDLE icmp = IcmpCreateFile();
  request what = silent_request();
  what.event = CreateEventA(NULL, TRUE, TRUE, NULL);
  is(send_as(EVENT, icmp, &what), 0, "the call returns 0");
  is(GetLastError(), ERROR_IO_PENDING, "the last error is ERROR_IO_PENDING");
  is(WaitForSingleObject(what.event, 0), WAIT_TIMEOUT, "the call has reset the event");
  is(WaitForSingleObject(what.event, LONG_ENOUGH), WAIT_OBJECT_0, "the time-out signals it");
  nothing_parsed(&what);
  CloseHandle(what.event);
  IcmpCloseHandle(icmp);
}

static void silence_routine(void) {
  HANDLE icmp = IcmpCreateFile();
  completion done = {0};
  request what = silent_request();
  what.apc = count_completion;
  what.context = &done;
  is(send_as(APC, icmp, &what), 0, "the call returns 0");
  is(SleepEx(0, TRUE), 0, "no routine yet");
  is(SleepEx(LONG_ENOUGH, TRUE), WAIT_IO_COMPLETION, "the time-out calls it");
  is((unsigned long)done.calls, 1, "once");
  is(done.status, 0, "IoStatusBlock->Status is 0");
  is(done.information, sizeof(ICMP_ECHO_REPLY), "Information is the structure alone");
  nothing_parsed(&what);
  IcmpCloseHandle(icmp);
}

static void error_routine(void) {
  HANDLE icmp = IcmpCreateFile();
  completion done = {0};
  IP_OPTION_INFORMATION with = {.Ttl = 1};
  request what = silent_request();
  what.target = argument("server");
  what.options = &with;
  what.timeout = LONG_ENOUGH;
  what.apc = count_completion;
  what.context = &done;
  send_as(APC, icmp, &what);
  is(SleepEx(LONG_ENOUGH, TRUE), WAIT_IO_COMPLETION, "an ICMP error calls the routine");
  is(done.status, 0, "IoStatusBlock->Status is 0");
  is(done.information, sizeof(ICMP_ECHO_REPLY), "Information is the structure alone");
  is(IcmpParseReplies(what.buffer, what.room), 1, "IcmpParseReplies counts it");
  is(reply()->Status, IP_TTL_EXPIRED_TRANSIT, "Status");
  is(reply()->Address, inet_addr(argument("router1")), "Address");
  IcmpCloseHandle(icmp);
}

static void close_waits(void) {
  HANDLE icmp = IcmpCreateFile();
  request what = silent_request();
  what.event = CreateEventA(NULL, TRUE, FALSE, NULL);
  send_as(EVENT, icmp, &what);
  double start = milliseconds();
  is(IcmpCloseHandle(icmp) != 0, 1, "IcmpCloseHandle with a pending request");
  ok(milliseconds() - start > 100, "waits for its end");
  is(WaitForSingleObject(what.event, 0), WAIT_OBJECT_0, "which has signalled the event");
  WaitForSingleObject(what.event, LONG_ENOUGH); /* whoever did not wait writes the buffer later */
  CloseHandle(what.event);
}

const conformance_case lab4_cases[] = {
    {"lab4.hops", hops, "lab"},
    {"lab4.error_in_exact_room", error_in_exact_room, "lab"},
    {"lab4.error_without_payload", error_without_payload, "lab"},
    {"lab4.error_with_rule", error_with_rule, "lab"},
    {"lab4.error_of_long_packet", error_of_long_packet, "lab"},
    {"lab4.hops_at_once", hops_at_once, "lab"},
    {"lab4.error_kinds", error_kinds, "lab"},
    {"lab4.too_big", too_big, "lab"},
    {"lab4.reassembly", reassembly, "raw"},
    {"lab4.redirect_is_no_answer", redirect_is_no_answer, "lab"},
    {"lab4.source_quench_is_no_answer", source_quench_is_no_answer, "lab"},
    {"lab4.unroutable", unroutable, "lab"},
    {"lab4.fragments", fragments, "lab"},
    {"lab4.df", df, "lab"},
    {"lab4.recorded_routers", recorded_routers, "lab"},
    {"lab4.source_address", source_address, "lab"},
    {"lab4.broadcast", broadcast, "lab"},
    {"lab4.duplicates", duplicates, "lab"},
    {"lab4.room_for_duplicates", room_for_duplicates, "lab"},
    {"lab4.late", late, "lab"},
    {"lab4.silence", silence, "lab"},
    {"lab4.silence_event", silence_event, "lab"},
    {"lab4.silence_routine", silence_routine, "lab"},
    {"lab4.error_routine", error_routine, "lab"},
    {"lab4.close_waits", close_waits, "lab"},
    {NULL, NULL, NULL},
};
