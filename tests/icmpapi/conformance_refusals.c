/* conformance_refusals.c: arguments that are refused: which error, in which order of checks, and
 * that nothing else happened: the buffer, the event and the queue of routines are as they were. */
#include "conformance.h"

static request good_request(void) {
  request what = {.target = "127.0.0.1",
                  .data = pattern,
                  .size = 32,
                  .room = ROOM(32) + (DWORD)sizeof(IO_STATUS_BLOCK),
                  .timeout = LONG_ENOUGH};
  return what;
}

static void await_either(const request *what, const completion *done) {
  while (WaitForSingleObjectEx(what->event, LONG_ENOUGH, TRUE) == WAIT_IO_COMPLETION &&
         done->calls == 0) {
  }
}

/* One call, which must fail with `error`. The event was set before IcmpSendEcho2, not before
 * ...2Ex: neither may change. */
static void refused(flavour how, HANDLE icmp, request what, DWORD error) {
  const char *name = flavour_names[how];
  completion done = {0};
  int no_buffer = what.buffer == (void *)-1;
  void *buffer = fresh_buffer(what.room > 0 ? what.room : 1);
  what.buffer = no_buffer ? NULL : buffer;
  what.event = CreateEventA(NULL, TRUE, how == EVENT, NULL);
  what.apc = count_completion;
  what.context = &done;
  DWORD count = send_as(how, icmp, &what);
  DWORD last = GetLastError();
  is(count, 0, "%s returns 0", name);
  is(last, error, "%s sets the last error", name);
  ok(untouched(), "%s leaves the buffer alone", name);
  if (how == EVENT || how == EX_EVENT) {
    is(WaitForSingleObject(what.event, 0), how == EVENT ? WAIT_OBJECT_0 : WAIT_TIMEOUT,
       "%s leaves the event alone", name);
  }
  if (how == APC || how == EX_APC) {
    is(SleepEx(0, TRUE), 0, "%s queues no routine", name);
    is((unsigned long)done.calls, 0, "%s calls no routine", name);
  }
  if (last == ERROR_IO_PENDING) { /* it was not refused, and will still write here */
    await_either(&what, &done);
  }
  CloseHandle(what.event);
}

static void refused_by_all(HANDLE icmp, request what, DWORD error) {
  for (int how = SYNC; how < FLAVOURS; ++how) {
    refused((flavour)how, icmp, what, error);
  }
}

/* With a good handle. */
static void refused_argument(request what, DWORD error) {
  HANDLE icmp = IcmpCreateFile();
  refused_by_all(icmp, what, error);
  IcmpCloseHandle(icmp);
}

/* --- 1: the handle ---------------------------------------------------------------------------- */

static void handle_invalid(void) {
  refused_by_all(INVALID_HANDLE_VALUE, good_request(), ERROR_INVALID_PARAMETER);
}

static void handle_null(void) { refused_by_all(NULL, good_request(), ERROR_INVALID_PARAMETER); }

static void handle_closed(void) {
  HANDLE icmp = IcmpCreateFile();
  IcmpCloseHandle(icmp);
  refused_by_all(icmp, good_request(), ERROR_INVALID_PARAMETER);
}

static void handle_is_event(void) {
  HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL);
  refused_by_all(event, good_request(), ERROR_INVALID_PARAMETER);
  CloseHandle(event);
}

static void handle_of_ipv6(void) {
  HANDLE icmp = Icmp6CreateFile();
  refused_by_all(icmp, good_request(), ERROR_INVALID_PARAMETER);
  IcmpCloseHandle(icmp);
}

/* --- 2 to 4: the buffers ---------------------------------------------------------------------- */

static void reply_null(void) {
  request what = good_request();
  what.buffer = (void *)-1;
  refused_argument(what, ERROR_INVALID_PARAMETER);
}

static void room_zero(void) {
  request what = good_request();
  what.room = 0;
  refused_argument(what, ERROR_INVALID_PARAMETER);
}

static void room_below_structure(void) {
  request what = good_request();
  what.room = sizeof(ICMP_ECHO_REPLY) - 1;
  refused_argument(what, ERROR_INVALID_PARAMETER);
}

static void data_null(void) {
  request what = good_request();
  what.data = NULL;
  refused_argument(what, ERROR_INVALID_PARAMETER);
}

/* --- 5 and 6: the addresses ------------------------------------------------------------------- */

static void target_zero(void) {
  request what = good_request();
  what.target = "0.0.0.0";
  refused_argument(what, ERROR_INVALID_NETNAME);
}

/* Sent to this host, whatever the source. */
static void source_foreign(void) {
  HANDLE icmp = IcmpCreateFile();
  request what = good_request();
  what.source = "203.0.113.7";
  refused(SYNC2EX, icmp, what, ERROR_INVALID_NETNAME);
  refused(EX_EVENT, icmp, what, ERROR_INVALID_NETNAME);
  refused(EX_APC, icmp, what, ERROR_INVALID_NETNAME);
  IcmpCloseHandle(icmp);
}

/* --- 7 and 8: sizes --------------------------------------------------------------------------- */

static void data_too_big(void) {
  request what = good_request();
  what.size = 65508;
  what.room = ROOM(65535) + 16;
  refused_argument(what, IP_PACKET_TOO_BIG);
}

static void room_for_structure(void) {
  request what = good_request();
  what.room = sizeof(ICMP_ECHO_REPLY);
  refused_argument(what, IP_GENERAL_FAILURE);
}

static void room_one_short(void) {
  request what = good_request();
  what.room = sizeof(ICMP_ECHO_REPLY) + 31;
  refused_argument(what, IP_GENERAL_FAILURE);
}

/* --- the order: the first that fits decides -----------------------------------------------------
 */

static void room_before_target(void) {
  request what = good_request();
  what.room = 8;
  what.target = "0.0.0.0";
  refused_argument(what, ERROR_INVALID_PARAMETER);
}

static void data_before_target(void) {
  request what = good_request();
  what.data = NULL;
  what.target = "0.0.0.0";
  refused_argument(what, ERROR_INVALID_PARAMETER);
}

static void target_before_size(void) {
  request what = good_request();
  what.size = 65508;
  what.target = "0.0.0.0";
  refused_argument(what, ERROR_INVALID_NETNAME);
}

static void target_before_room(void) {
  request what = good_request();
  what.room = sizeof(ICMP_ECHO_REPLY);
  what.target = "0.0.0.0";
  refused_argument(what, ERROR_INVALID_NETNAME);
}

static void size_before_room(void) {
  request what = good_request();
  what.size = 65508;
  what.room = sizeof(ICMP_ECHO_REPLY);
  refused_argument(what, IP_PACKET_TOO_BIG);
}

const conformance_case refusal_cases[] = {
    {"refused.handle_invalid", handle_invalid, NULL},
    {"refused.handle_null", handle_null, NULL},
    {"refused.handle_closed", handle_closed, NULL},
    {"refused.handle_is_event", handle_is_event, NULL},
    {"refused.handle_of_ipv6", handle_of_ipv6, NULL},
    {"refused.reply_null", reply_null, NULL},
    {"refused.room_zero", room_zero, NULL},
    {"refused.room_below_structure", room_below_structure, NULL},
    {"refused.data_null", data_null, NULL},
    {"refused.target_zero", target_zero, NULL},
    {"refused.source_foreign", source_foreign, NULL},
    {"refused.data_too_big", data_too_big, NULL},
    {"refused.room_for_structure", room_for_structure, NULL},
    {"refused.room_one_short", room_one_short, NULL},
    {"refused.room_before_target", room_before_target, NULL},
    {"refused.data_before_target", data_before_target, NULL},
    {"refused.target_before_size", target_before_size, NULL},
    {"refused.target_before_room", target_before_room, NULL},
    {"refused.size_before_room", size_before_room, NULL},
    {NULL, NULL, NULL},
};
