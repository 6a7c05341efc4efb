/* conformance_v4.c: synchronous calls to 127.0.0.1 that go well. */
#include "conformance.h"

static void whole_reply(WORD size, const char *target) {
  const ICMP_ECHO_REPLY *got = reply();
  is(got->Address, inet_addr(target), "Address is the target");
  is(got->Status, IP_SUCCESS, "Status is IP_SUCCESS");
  ok(got->RoundTripTime < 1000, "RoundTripTime is in milliseconds");
  is(got->DataSize, size, "DataSize is the payload's");
  is(got->Reserved, 0, "Reserved is 0");
  ok(got->Data == (const void *)(got + 1), "Data is right behind the structure");
  ok(memcmp(got->Data, pattern, size) == 0, "the payload came back");
  is(got->Options.Ttl, 64, "Options.Ttl is the reply's");
  is(got->Options.Tos, 0, "Options.Tos is the reply's");
  is(got->Options.Flags, 0, "Options.Flags is the reply's, without DF");
  is(got->Options.OptionsSize, 0, "no options came");
  ok(edges_intact(), "nothing was written outside the buffer");
}

static void one_flavour(flavour how) {
  HANDLE icmp = IcmpCreateFile();
  request what = {.target = "127.0.0.1",
                  .data = pattern,
                  .size = 32,
                  .room = ROOM(32) + (DWORD)sizeof(IO_STATUS_BLOCK),
                  .timeout = LONG_ENOUGH};
  what.buffer = fresh_buffer(what.room);
  is(send_as(how, icmp, &what), 1, "%s returns the number of replies", flavour_names[how]);
  is(GetLastError(), 0, "the last error is 0");
  whole_reply(32, "127.0.0.1");
  IcmpCloseHandle(icmp);
}

static void echo_1(void) { one_flavour(SYNC); }
static void echo_2(void) { one_flavour(SYNC2); }
static void echo_2ex(void) { one_flavour(SYNC2EX); }

static void sizes(void) {
  static const WORD all[] = {0, 1, 2, 3, 4, 31, 33, 1472, 1473, 8192, 32767, 65499, 65507};
  HANDLE icmp = IcmpCreateFile();
  for (size_t i = 0; i < sizeof all / sizeof *all; ++i) {
    WORD size = all[i];
    is(echo(icmp, "127.0.0.1", size, NULL, LONG_ENOUGH), 1, "%u bytes are sent", size);
    ok(reply()->Status == IP_SUCCESS && reply()->DataSize == size &&
           reply()->Data == (void *)(reply() + 1) && memcmp(reply() + 1, pattern, size) == 0,
       "%u bytes come back", size);
    ok(edges_intact(), "%u bytes stay within the buffer", size);
  }
  IcmpCloseHandle(icmp);
}

static void rooms(void) {
  static const DWORD spare[] = {0, 1, 7, 8, 9, 24, 4096, 1u << 20};
  HANDLE icmp = IcmpCreateFile();
  request what = {.target = "127.0.0.1", .data = pattern, .size = 32, .timeout = LONG_ENOUGH};
  for (size_t i = 0; i < sizeof spare / sizeof *spare; ++i) {
    unsigned long more = spare[i];
    what.room = (DWORD)(sizeof(ICMP_ECHO_REPLY) + 32 + spare[i]);
    what.buffer = fresh_buffer(what.room);
    is(send_as(SYNC, icmp, &what), 1, "%lu bytes to spare are enough", more);
    ok(reply()->DataSize == 32 && memcmp(reply()->Data, pattern, 32) == 0 && edges_intact(),
       "the reply with %lu bytes to spare is whole", more);
  }
  what.size = 0;
  what.room = sizeof(ICMP_ECHO_REPLY);
  what.buffer = fresh_buffer(what.room);
  is(send_as(SYNC, icmp, &what), 1, "an empty payload needs the structure alone");
  ok(reply()->DataSize == 0 && reply()->Status == IP_SUCCESS && edges_intact(), "its reply");
  what.data = NULL;
  what.buffer = fresh_buffer(what.room);
  is(send_as(SYNC, icmp, &what), 1, "an empty payload may be NULL");
  IcmpCloseHandle(icmp);
}

static void request_stays(void) {
  HANDLE icmp = IcmpCreateFile();
  char data[8] = "request";
  IP_OPTION_INFORMATION options = {.Ttl = 77, .Tos = 0, .Flags = IP_FLAG_DF};
  IP_OPTION_INFORMATION before = options;
  request what = {.target = "127.0.0.1",
                  .data = data,
                  .size = sizeof data,
                  .options = &options,
                  .room = ROOM(8),
                  .timeout = LONG_ENOUGH};
  what.buffer = fresh_buffer(what.room);
  is(send_as(SYNC, icmp, &what), 1, "a request with options is answered");
  ok(strcmp(data, "request") == 0, "the request's data are as before");
  ok(memcmp(&options, &before, sizeof options) == 0, "the request's options are as before");
  is(reply()->Options.Ttl, 64, "Options of the reply have nothing to do with them");
  IcmpCloseHandle(icmp);
}

static void options(void) {
  static const UCHAR ttls[] = {0, 1, 2, 64, 128, 255};
  static const UCHAR types_of_service[] = {0x10, 0x20, 0x88, 0xb8, 0xfc};
  HANDLE icmp = IcmpCreateFile();
  for (size_t i = 0; i < sizeof ttls; ++i) {
    IP_OPTION_INFORMATION with = {.Ttl = ttls[i]};
    is(echo(icmp, "127.0.0.1", 32, &with, LONG_ENOUGH), 1, "Ttl %u reaches this host", ttls[i]);
  }
  for (size_t i = 0; i < sizeof types_of_service; ++i) {
    UCHAR tos = types_of_service[i];
    IP_OPTION_INFORMATION with = {.Ttl = 64, .Tos = tos};
    is(echo(icmp, "127.0.0.1", 32, &with, LONG_ENOUGH), 1, "Tos 0x%02x is accepted", tos);
    is(reply()->Options.Tos, tos, "Tos 0x%02x comes back, so it was sent", tos);
  }
  is(echo(icmp, "127.0.0.1", 32, NULL, LONG_ENOUGH), 1, "without options afterwards");
  is(reply()->Options.Tos, 0, "the last call's Tos is forgotten");
  IP_OPTION_INFORMATION df = {.Ttl = 64, .Flags = IP_FLAG_DF};
  is(echo(icmp, "127.0.0.1", 32, &df, LONG_ENOUGH), 1, "IP_FLAG_DF is accepted");
  IP_OPTION_INFORMATION reverse = {.Ttl = 64, .Flags = IP_FLAG_REVERSE};
  is(echo(icmp, "127.0.0.1", 32, &reverse, LONG_ENOUGH), 1, "IP_FLAG_REVERSE changes nothing");
  is(reply()->Status, IP_SUCCESS, "Status with IP_FLAG_REVERSE");
  IcmpCloseHandle(icmp);
}

/* RFC 791 section 3.1: type, length, pointer, then room for addresses. */
static void record_route(void) {
  HANDLE icmp = IcmpCreateFile();
  UCHAR route[12] = {IP_OPT_RR, 11, 4};
  IP_OPTION_INFORMATION with = {.Ttl = 64, .OptionsSize = sizeof route, .OptionsData = route};
  request what = {.target = "127.0.0.1",
                  .data = pattern,
                  .size = 32,
                  .options = &with,
                  .room = ROOM(32) + 40,
                  .timeout = LONG_ENOUGH};
  unsigned char *buffer = what.buffer = fresh_buffer(what.room);
  is(send_as(SYNC, icmp, &what), 1, "record route is answered");
  const ICMP_ECHO_REPLY *got = reply();
  is(got->Status, IP_SUCCESS, "its Status");
  UCHAR *came = got->Options.OptionsData;
  int options = got->Options.OptionsSize;
  if (ok(options >= 11 && options <= 40, "options came back") &&
      ok(came >= buffer && came + 11 <= buffer + what.room, "OptionsData is inside the buffer")) {
    static const UCHAR loopback[4] = {127, 0, 0, 1};
    is(came[0], IP_OPT_RR, "they are the recorded route");
    ok(memcmp(came + 3, loopback, 4) == 0, "whose first stop is this host");
  }
  ok(got->DataSize == 32 && (unsigned char *)got->Data >= buffer &&
         (unsigned char *)got->Data + 32 <= buffer + what.room &&
         memcmp(got->Data, pattern, 32) == 0,
     "the payload is inside the buffer as well");
  ok((unsigned char *)got->Data >= came + got->Options.OptionsSize,
     "the payload is behind the options");
  ok(edges_intact(), "nothing was written outside the buffer");
  IcmpCloseHandle(icmp);
}

static void options_too_big(void) {
  HANDLE icmp = IcmpCreateFile();
  UCHAR data[41] = {IP_OPT_NOP};
  IP_OPTION_INFORMATION with = {.Ttl = 64, .OptionsSize = 41, .OptionsData = data};
  is(echo(icmp, "127.0.0.1", 32, &with, LONG_ENOUGH), 0, "41 bytes of options are refused");
  is(GetLastError(), IP_OPTION_TOO_BIG, "the last error is IP_OPTION_TOO_BIG");
  IcmpCloseHandle(icmp);
}

static void addresses(void) {
  static const char *const all[] = {"127.0.0.1", "127.0.0.2", "127.1.2.3", "127.255.255.254"};
  HANDLE icmp = IcmpCreateFile();
  for (size_t i = 0; i < sizeof all / sizeof *all; ++i) {
    is(echo(icmp, all[i], 32, NULL, LONG_ENOUGH), 1, "%s answers", all[i]);
    is(reply()->Address, inet_addr(all[i]), "Address is %s", all[i]);
  }
  IcmpCloseHandle(icmp);
}

static void sources(void) {
  static const char *const all[] = {"0.0.0.0", "127.0.0.1", "127.0.0.9"};
  HANDLE icmp = IcmpCreateFile();
  request what = {
      .target = "127.0.0.1", .data = pattern, .size = 32, .room = ROOM(32), .timeout = LONG_ENOUGH};
  for (size_t i = 0; i < sizeof all / sizeof *all; ++i) {
    what.source = all[i];
    what.buffer = fresh_buffer(what.room);
    is(send_as(SYNC2EX, icmp, &what), 1, "from %s", all[i]);
  }
  IcmpCloseHandle(icmp);
}

static void timeouts(void) {
  static const DWORD all[] = {50, 1000, 0x7fffffff, 0x80000000u, 0xffffffffu};
  HANDLE icmp = IcmpCreateFile();
  for (size_t i = 0; i < sizeof all / sizeof *all; ++i) {
    is(echo(icmp, "127.0.0.1", 32, NULL, all[i]), 1, "Timeout 0x%lx", (unsigned long)all[i]);
  }
  double start = milliseconds();
  DWORD count = echo(icmp, "127.0.0.1", 32, NULL, 0);
  DWORD error = GetLastError();
  ok((count == 1 && error == 0) || (count == 0 && error == IP_REQ_TIMED_OUT),
     "Timeout 0 is answered at once or timed out");
  ok(milliseconds() - start < 500, "Timeout 0 does not wait");
  IcmpCloseHandle(icmp);
}

static void one_after_another(void) {
  HANDLE icmp = IcmpCreateFile();
  int good = 0;
  for (WORD i = 0; i < 300; ++i) {
    unsigned char data[16];
    memset(data, i & 0xff, sizeof data);
    memcpy(data, &i, sizeof i);
    request what = {.target = "127.0.0.1",
                    .data = data,
                    .size = sizeof data,
                    .room = ROOM(16),
                    .timeout = LONG_ENOUGH};
    what.buffer = fresh_buffer(what.room);
    good += send_as(SYNC, icmp, &what) == 1 && memcmp(reply()->Data, data, sizeof data) == 0;
  }
  is((unsigned long)good, 300, "300 calls, each with its own payload");
  IcmpCloseHandle(icmp);
}

/* --- several threads -------------------------------------------------------------------------- */

enum { THREADS = 4, CALLS = 50 };

typedef struct worker {
  HANDLE icmp;
  unsigned char number;
  int good;
} worker;

static void keep_calling(void *context) {
  worker *self = context;
  unsigned char data[32], buffer[sizeof(ICMP_ECHO_REPLY) + 32 + 8];
  for (int i = 0; i < CALLS; ++i) {
    memset(data, self->number, sizeof data);
    data[31] = (unsigned char)i;
    const ICMP_ECHO_REPLY *got = (const void *)buffer;
    DWORD count = IcmpSendEcho(self->icmp, inet_addr("127.0.0.1"), data, sizeof data, NULL, buffer,
                               sizeof buffer, LONG_ENOUGH);
    self->good += count == 1 && got->DataSize == 32 && memcmp(got->Data, data, 32) == 0;
  }
}

static void call_from_threads(int shared, const char *what) {
  worker workers[THREADS];
  void *contexts[THREADS];
  int good = 0;
  HANDLE icmp = IcmpCreateFile();
  for (int i = 0; i < THREADS; ++i) {
    workers[i] = (worker){shared ? icmp : IcmpCreateFile(), (unsigned char)(i + 1), 0};
    contexts[i] = &workers[i];
  }
  in_threads(THREADS, keep_calling, contexts);
  for (int i = 0; i < THREADS; ++i) {
    good += workers[i].good;
    if (!shared) {
      IcmpCloseHandle(workers[i].icmp);
    }
  }
  is((unsigned long)good, THREADS * CALLS, "4 threads, 50 calls each, %s", what);
  IcmpCloseHandle(icmp);
}

static void threads(void) {
  call_from_threads(1, "one handle");
  call_from_threads(0, "a handle each");
}

const conformance_case v4_cases[] = {
    {"v4.IcmpSendEcho", echo_1, NULL},
    {"v4.IcmpSendEcho2", echo_2, NULL},
    {"v4.IcmpSendEcho2Ex", echo_2ex, NULL},
    {"v4.sizes", sizes, NULL},
    {"v4.rooms", rooms, NULL},
    {"v4.request_stays", request_stays, NULL},
    {"v4.options", options, NULL},
    {"v4.record_route", record_route, NULL},
    {"v4.options_too_big", options_too_big, NULL},
    {"v4.addresses", addresses, NULL},
    {"v4.sources", sources, NULL},
    {"v4.timeouts", timeouts, NULL},
    {"v4.one_after_another", one_after_another, NULL},
    {"v4.threads", threads, NULL},
    {NULL, NULL, NULL},
};
