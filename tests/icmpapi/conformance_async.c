/* conformance_async.c: requests that complete later, by event and by routine (APC). */
#include "conformance.h"

enum { EXTRA = 8 + sizeof(IO_STATUS_BLOCK) };

static request pending_request(WORD size) {
  request what = {.target = "127.0.0.1",
                  .data = pattern,
                  .size = size,
                  .room = (DWORD)sizeof(ICMP_ECHO_REPLY) + size + EXTRA,
                  .timeout = LONG_ENOUGH};
  return what;
}

static void parsed(WORD size) {
  const ICMP_ECHO_REPLY *got = reply();
  SetLastError(MARK);
  is(IcmpParseReplies(reply(), (DWORD)sizeof(ICMP_ECHO_REPLY) + size + EXTRA), 1,
     "IcmpParseReplies counts one reply");
  is(GetLastError(), MARK, "and leaves the last error alone");
  is(got->Status, IP_SUCCESS, "Status is IP_SUCCESS");
  is(got->Address, inet_addr("127.0.0.1"), "Address is the target");
  is(got->DataSize, size, "DataSize is the payload's");
  is(got->Reserved, 0, "Reserved is 0 after parsing");
  ok(got->Data == (const void *)(got + 1) && memcmp(got->Data, pattern, size) == 0,
     "the payload is behind the structure");
  is(got->Options.Ttl, 64, "Options.Ttl is the reply's");
  ok(edges_intact(), "nothing was written outside the buffer");
  is(IcmpParseReplies(reply(), (DWORD)sizeof(ICMP_ECHO_REPLY) + size + EXTRA), 0,
     "parsed again, the count is 0");
  is(GetLastError(), IP_SUCCESS, "and the last error is Status");
}

/* --- events ----------------------------------------------------------------------------------- */

static void with_event(flavour how, BOOL manual) {
  HANDLE icmp = IcmpCreateFile();
  request what = pending_request(32);
  what.buffer = fresh_buffer(what.room);
  what.event = CreateEventA(NULL, manual, FALSE, NULL);
  is(send_as(how, icmp, &what), 0, "the call returns 0");
  is(GetLastError(), ERROR_IO_PENDING, "the last error is ERROR_IO_PENDING");
  is(WaitForSingleObject(what.event, LONG_ENOUGH), WAIT_OBJECT_0, "the event is signalled");
  is(WaitForSingleObject(what.event, 0), manual ? WAIT_OBJECT_0 : WAIT_TIMEOUT,
     manual ? "and stays so" : "once");
  parsed(32);
  is(IcmpCloseHandle(icmp) != 0, 1, "the handle closes");
  CloseHandle(what.event);
}

static void manual_event(void) { with_event(EVENT, TRUE); }
static void automatic_event(void) { with_event(EVENT, FALSE); }
static void event_2ex(void) { with_event(EX_EVENT, TRUE); }

static void event_again(void) {
  HANDLE icmp = IcmpCreateFile();
  request what = pending_request(32);
  what.event = CreateEventA(NULL, TRUE, TRUE, NULL);
  int good = 0;
  for (int i = 0; i < 20; ++i) { /* manual, and never reset by this program */
    what.buffer = fresh_buffer(what.room);
    send_as(EVENT, icmp, &what);
    good += WaitForSingleObject(what.event, LONG_ENOUGH) == WAIT_OBJECT_0 &&
            IcmpParseReplies(what.buffer, what.room) == 1;
  }
  is((unsigned long)good, 20, "one event and one handle, 20 requests in turn");
  IcmpCloseHandle(icmp);
  CloseHandle(what.event);
}

static void request_is_copied(void) {
  HANDLE icmp = IcmpCreateFile();
  unsigned char data[32];
  memcpy(data, pattern, sizeof data);
  IP_OPTION_INFORMATION options = {.Ttl = 64, .Tos = 0x20};
  request what = pending_request(32);
  what.data = data;
  what.options = &options;
  what.buffer = fresh_buffer(what.room);
  what.event = CreateEventA(NULL, TRUE, FALSE, NULL);
  is(send_as(EVENT, icmp, &what), 0, "the call returns 0");
  memset(data, 0, sizeof data);
  memset(&options, 0xff, sizeof options);
  is(WaitForSingleObject(what.event, LONG_ENOUGH), WAIT_OBJECT_0, "the event is signalled");
  is(IcmpParseReplies(what.buffer, what.room), 1, "a reply");
  ok(memcmp(reply()->Data, pattern, 32) == 0, "the payload is that of the call");
  is(reply()->Options.Tos, 0x20, "and so are the options");
  IcmpCloseHandle(icmp);
  CloseHandle(what.event);
}

enum { OUTSTANDING = 16, SLOT = 128 };

static void many_events(void) {
  HANDLE icmp = IcmpCreateFile();
  HANDLE events[OUTSTANDING];
  unsigned char *buffers = fresh_buffer(OUTSTANDING * SLOT);
  int pending = 0, good = 0;
  for (int i = 0; i < OUTSTANDING; ++i) {
    request what = pending_request(32);
    what.data = pattern + i * 64;
    what.buffer = buffers + i * SLOT;
    what.event = events[i] = CreateEventA(NULL, TRUE, FALSE, NULL);
    pending += send_as(EVENT, icmp, &what) == 0 && GetLastError() == ERROR_IO_PENDING;
  }
  is((unsigned long)pending, OUTSTANDING, "16 requests at once");
  is(WaitForMultipleObjects(OUTSTANDING, events, TRUE, LONG_ENOUGH), WAIT_OBJECT_0,
     "all of their events are signalled");
  for (int i = 0; i < OUTSTANDING; ++i) {
    ICMP_ECHO_REPLY *got = (ICMP_ECHO_REPLY *)(void *)(buffers + i * SLOT);
    good += IcmpParseReplies(got, SLOT) == 1 && got->Status == IP_SUCCESS &&
            got->Data == (void *)(got + 1) && memcmp(got->Data, pattern + i * 64, 32) == 0;
    CloseHandle(events[i]);
  }
  is((unsigned long)good, OUTSTANDING, "each has the reply to its own payload");
  ok(edges_intact(), "nothing was written outside the buffers");
  IcmpCloseHandle(icmp);
}

static void mixed_with_synchronous(void) {
  HANDLE icmp = IcmpCreateFile();
  unsigned char *buffers = fresh_buffer(2 * SLOT);
  request later = pending_request(32);
  later.buffer = buffers;
  later.event = CreateEventA(NULL, TRUE, FALSE, NULL);
  request now = pending_request(32);
  now.data = pattern + 1000;
  now.buffer = buffers + SLOT;
  is(send_as(EVENT, icmp, &later), 0, "one request is pending");
  is(send_as(SYNC, icmp, &now), 1, "a synchronous one on the same handle is answered");
  is(WaitForSingleObject(later.event, LONG_ENOUGH), WAIT_OBJECT_0, "so is the pending one");
  is(IcmpParseReplies(later.buffer, SLOT), 1, "its reply");
  ok(memcmp(buffers + sizeof(ICMP_ECHO_REPLY), pattern, 32) == 0 &&
         memcmp(buffers + SLOT + sizeof(ICMP_ECHO_REPLY), pattern + 1000, 32) == 0,
     "each has the reply to its own payload");
  IcmpCloseHandle(icmp);
  CloseHandle(later.event);
}

/* --- routines --------------------------------------------------------------------------------- */

static void with_routine(flavour how, WORD size) {
  HANDLE icmp = IcmpCreateFile();
  completion done = {0};
  request what = pending_request(size);
  what.buffer = fresh_buffer(what.room);
  what.apc = count_completion;
  what.context = &done;
  is(send_as(how, icmp, &what), 0, "the call returns 0");
  is(GetLastError(), ERROR_IO_PENDING, "the last error is ERROR_IO_PENDING");
  is(SleepEx(LONG_ENOUGH, TRUE), WAIT_IO_COMPLETION, "SleepEx ends with WAIT_IO_COMPLETION");
  is((unsigned long)done.calls, 1, "the routine was called once, with its context");
  is(done.status, 0, "IoStatusBlock->Status is 0");
  is(done.information, (unsigned long)sizeof(ICMP_ECHO_REPLY) + size,
     "IoStatusBlock->Information is what the reply takes");
  ok(done.thread == this_thread(), "on the thread of the call");
  parsed(size);
  is(SleepEx(0, TRUE), 0, "nothing more is queued");
  IcmpCloseHandle(icmp);
}

static void routine(void) { with_routine(APC, 32); }
static void routine_empty(void) { with_routine(APC, 0); }
static void routine_2ex(void) { with_routine(EX_APC, 32); }

/* Another request's event tells, without an alertable wait, that the first one is done too. */
static void only_alertable(void) {
  HANDLE icmp = IcmpCreateFile();
  completion done = {0};
  unsigned char *buffers = fresh_buffer(2 * SLOT);
  request first = pending_request(32), second = pending_request(32);
  first.buffer = buffers;
  first.apc = count_completion;
  first.context = &done;
  second.buffer = buffers + SLOT;
  second.event = CreateEventA(NULL, TRUE, FALSE, NULL);
  send_as(APC, icmp, &first);
  send_as(EVENT, icmp, &second);
  is(WaitForSingleObject(second.event, LONG_ENOUGH), WAIT_OBJECT_0, "a wait that is not alertable");
  is((unsigned long)done.calls, 0, "has called no routine");
  is(WaitForSingleObjectEx(second.event, 0, FALSE), WAIT_OBJECT_0, "nor one with FALSE");
  Sleep(0);
  is(SleepEx(1, FALSE), 0, "nor a sleep");
  is((unsigned long)done.calls, 0, "still none");
  is((unsigned long)await_completions(&done, 1), 1, "an alertable sleep has");
  IcmpCloseHandle(icmp);
  CloseHandle(second.event);
}

static void alertable_waits(void) {
  HANDLE icmp = IcmpCreateFile();
  HANDLE never[2];
  never[0] = CreateEventA(NULL, TRUE, FALSE, NULL);
  never[1] = CreateEventA(NULL, TRUE, FALSE, NULL);
  completion done = {0};
  request what = pending_request(32);
  what.apc = count_completion;
  what.context = &done;
  what.buffer = fresh_buffer(what.room);
  send_as(APC, icmp, &what);
  is(WaitForSingleObjectEx(never[0], LONG_ENOUGH, TRUE), WAIT_IO_COMPLETION,
     "WaitForSingleObjectEx ends with WAIT_IO_COMPLETION");
  is((unsigned long)done.calls, 1, "the routine was called");
  what.buffer = fresh_buffer(what.room);
  send_as(APC, icmp, &what);
  is(WaitForMultipleObjectsEx(2, never, FALSE, LONG_ENOUGH, TRUE), WAIT_IO_COMPLETION,
     "WaitForMultipleObjectsEx ends with WAIT_IO_COMPLETION");
  is((unsigned long)done.calls, 2, "the routine was called again");
  CloseHandle(never[0]);
  CloseHandle(never[1]);
  IcmpCloseHandle(icmp);
}

static void many_routines(void) {
  HANDLE icmp = IcmpCreateFile();
  completion done[OUTSTANDING] = {{0, 0, 0, 0}};
  unsigned char *buffers = fresh_buffer(OUTSTANDING * SLOT);
  int good = 0;
  for (int i = 0; i < OUTSTANDING; ++i) {
    request what = pending_request(32);
    what.data = pattern + i * 64;
    what.buffer = buffers + i * SLOT;
    what.apc = count_completion;
    what.context = &done[i];
    send_as(APC, icmp, &what);
  }
  for (int i = 0; i < OUTSTANDING; ++i) {
    await_completions(&done[i], 1);
    good += done[i].calls == 1 && done[i].information == sizeof(ICMP_ECHO_REPLY) + 32 &&
            memcmp(buffers + i * SLOT + sizeof(ICMP_ECHO_REPLY), pattern + i * 64, 32) == 0;
  }
  is((unsigned long)good, OUTSTANDING, "16 requests, each with its routine and context");
  IcmpCloseHandle(icmp);
}

typedef struct chain {
  HANDLE icmp;
  request what;
  int calls, nested, inside;
} chain;

static void WINAPI next_link(PVOID context, PIO_STATUS_BLOCK io, ULONG reserved) {
  chain *self = context;
  (void)io;
  (void)reserved;
  self->nested += self->inside;
  self->inside = 1;
  if (++self->calls < 5) {
    send_as(APC, self->icmp, &self->what);
  }
  self->inside = 0;
}

static void routine_sends(void) {
  chain links = {.icmp = IcmpCreateFile(), .what = pending_request(32)};
  links.what.buffer = fresh_buffer(links.what.room);
  links.what.apc = next_link;
  links.what.context = &links;
  send_as(APC, links.icmp, &links.what);
  double end = milliseconds() + 5000;
  while (links.calls < 5 && milliseconds() < end) {
    SleepEx(1000, TRUE);
  }
  is((unsigned long)links.calls, 5, "a routine that sends the next request, five times");
  is((unsigned long)links.nested, 0, "no routine runs inside another");
  IcmpCloseHandle(links.icmp);
}

static void request_in_thread(void *context) {
  completion *done = context;
  HANDLE icmp = IcmpCreateFile();
  unsigned char buffer[SLOT];
  request what = pending_request(32);
  what.buffer = buffer;
  what.apc = count_completion;
  what.context = done;
  send_as(APC, icmp, &what);
  await_completions(done, 1);
  done->thread = done->thread == this_thread();
  IcmpCloseHandle(icmp);
}

static void routine_of_thread(void) {
  enum { THREADS = 4 };
  completion done[THREADS] = {{0, 0, 0, 0}};
  void *contexts[THREADS];
  for (int i = 0; i < THREADS; ++i) {
    contexts[i] = &done[i];
  }
  in_threads(THREADS, request_in_thread, contexts);
  for (int i = 0; i < THREADS; ++i) {
    ok(done[i].calls == 1 && done[i].thread == 1, "thread %d ran its own routine, once", i);
  }
}

static void event_and_routine(void) {
  HANDLE icmp = IcmpCreateFile();
  completion done = {0};
  request what = pending_request(32);
  what.buffer = fresh_buffer(what.room);
  what.event = CreateEventA(NULL, TRUE, FALSE, NULL);
  SetLastError(MARK);
  is(IcmpSendEcho2(icmp, what.event, count_completion, &done, inet_addr("127.0.0.1"), pattern, 32,
                   NULL, what.buffer, what.room, LONG_ENOUGH),
     0, "the call returns 0");
  is(GetLastError(), ERROR_IO_PENDING, "the last error is ERROR_IO_PENDING");
  is(WaitForSingleObject(what.event, LONG_ENOUGH), WAIT_OBJECT_0, "the event is signalled");
  is(IcmpParseReplies(what.buffer, what.room), 1, "a reply");
  SleepEx(0, TRUE);
  is((unsigned long)done.calls, 0, "the routine beside an event is ignored");
  IcmpCloseHandle(icmp);
  CloseHandle(what.event);
}

static void close_at_once(void) {
  HANDLE icmp = IcmpCreateFile();
  request what = pending_request(32);
  what.buffer = fresh_buffer(what.room);
  what.event = CreateEventA(NULL, TRUE, FALSE, NULL);
  send_as(EVENT, icmp, &what);
  is(IcmpCloseHandle(icmp) != 0, 1, "a handle with a pending request closes");
  is(WaitForSingleObject(what.event, LONG_ENOUGH), WAIT_OBJECT_0, "the request completes");
  is(IcmpParseReplies(what.buffer, what.room), 1, "with its reply");
  CloseHandle(what.event);
}

const conformance_case async_cases[] = {
    {"async.manual_event", manual_event, NULL},
    {"async.automatic_event", automatic_event, NULL},
    {"async.event_2ex", event_2ex, NULL},
    {"async.event_again", event_again, NULL},
    {"async.request_is_copied", request_is_copied, NULL},
    {"async.many_events", many_events, NULL},
    {"async.mixed_with_synchronous", mixed_with_synchronous, NULL},
    {"async.routine", routine, NULL},
    {"async.routine_empty", routine_empty, NULL},
    {"async.routine_2ex", routine_2ex, NULL},
    {"async.only_alertable", only_alertable, NULL},
    {"async.alertable_waits", alertable_waits, NULL},
    {"async.many_routines", many_routines, NULL},
    {"async.routine_sends", routine_sends, NULL},
    {"async.routine_of_thread", routine_of_thread, NULL},
    {"async.event_and_routine", event_and_routine, NULL},
    {"async.close_at_once", close_at_once, NULL},
    {NULL, NULL, NULL},
};
