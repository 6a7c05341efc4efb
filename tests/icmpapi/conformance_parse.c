/* conformance_parse.c: IcmpParseReplies and Icmp6ParseReplies on buffers that were made by hand. */
#include "conformance.h"

static DWORD parse(USHORT reserved, ULONG status) {
  ICMP_ECHO_REPLY *made = fresh_buffer(ROOM(32));
  memset(made, 0, sizeof *made);
  made->Reserved = reserved;
  made->Status = status;
  SetLastError(MARK);
  return IcmpParseReplies(made, ROOM(32));
}

static void counts(void) {
  static const USHORT all[] = {1, 2, 3, 100};
  for (size_t i = 0; i < sizeof all / sizeof *all; ++i) {
    is(parse(all[i], IP_SUCCESS), all[i], "%u replies", all[i]);
    is(GetLastError(), MARK, "%u replies leave the last error alone", all[i]);
    is(reply()->Reserved, 0, "Reserved is 0 after %u replies", all[i]);
    is(IcmpParseReplies(reply(), ROOM(32)), 0, "none the second time (%u)", all[i]);
    is(GetLastError(), IP_SUCCESS, "the last error is Status the second time (%u)", all[i]);
  }
}

static void nothing_came(void) {
  static const ULONG all[] = {IP_REQ_TIMED_OUT, IP_GENERAL_FAILURE, IP_DEST_HOST_UNREACHABLE};
  for (size_t i = 0; i < sizeof all / sizeof *all; ++i) {
    unsigned long status = all[i];
    is(parse(0, all[i]), 0, "no reply, Status %lu", status);
    is(GetLastError(), status, "the last error is Status %lu", status);
  }
}

static void errors_count(void) {
  static const ULONG all[] = {IP_DEST_NET_UNREACHABLE, IP_TTL_EXPIRED_TRANSIT, IP_PACKET_TOO_BIG};
  for (size_t i = 0; i < sizeof all / sizeof *all; ++i) {
    unsigned long status = all[i];
    is(parse(1, all[i]), 1, "a reply with Status %lu counts", status);
    is(GetLastError(), MARK, "it leaves the last error alone (%lu)", status);
    is(reply()->Status, status, "it keeps its Status %lu", status);
  }
}

static void rest_is_kept(void) {
  ICMP_ECHO_REPLY *made = fresh_buffer(ROOM(32));
  made->Reserved = 2;
  ICMP_ECHO_REPLY before = *made;
  IcmpParseReplies(made, ROOM(32));
  before.Reserved = 0;
  ok(memcmp(made, &before, sizeof before) == 0, "nothing but Reserved changes");
  ok(edges_intact(), "and nothing outside the buffer");
}

static void null(void) {
  SetLastError(MARK);
  is(IcmpParseReplies(NULL, 100), 0, "NULL holds no reply");
  is(GetLastError(), ERROR_INVALID_PARAMETER, "the last error of NULL");
}

static void after_synchronous(void) {
  HANDLE icmp = IcmpCreateFile();
  is(echo(icmp, "127.0.0.1", 32, NULL, LONG_ENOUGH), 1, "a synchronous call");
  is(IcmpParseReplies(reply(), ROOM(32)), 0, "has parsed its replies itself");
  is(GetLastError(), IP_SUCCESS, "the last error is Status");
  IcmpCloseHandle(icmp);
}

/* --- IPv6 ------------------------------------------------------------------------------------- */

static DWORD parse6(ULONG status) {
  ICMPV6_ECHO_REPLY *made = fresh_buffer(ROOM6(32));
  memset(made, 0, sizeof *made);
  made->Status = status;
  SetLastError(MARK);
  return Icmp6ParseReplies(made, ROOM6(32));
}

static void ipv6_good(void) {
  static const ULONG all[] = {IP_SUCCESS, IP_HOP_LIMIT_EXCEEDED};
  for (size_t i = 0; i < sizeof all / sizeof *all; ++i) {
    unsigned long status = all[i];
    is(parse6(all[i]), 1, "Status %lu is a reply", status);
    is(Icmp6ParseReplies(reply6(), ROOM6(32)), 1, "also the second time (%lu)", status);
    is(reply6()->Status, status, "Status %lu stays", status);
  }
}

static void ipv6_errors(void) {
  static const ULONG all[] = {IP_DEST_NO_ROUTE,         IP_DEST_PROHIBITED,
                              IP_DEST_ADDR_UNREACHABLE, IP_DEST_PORT_UNREACHABLE,
                              IP_PACKET_TOO_BIG,        IP_REQ_TIMED_OUT,
                              IP_PARAMETER_PROBLEM,     IP_REASSEMBLY_TIME_EXCEEDED,
                              IP_DEST_SCOPE_MISMATCH,   IP_UNRECOGNIZED_NEXT_HEADER,
                              IP_GENERAL_FAILURE};
  for (size_t i = 0; i < sizeof all / sizeof *all; ++i) {
    unsigned long status = all[i];
    is(parse6(all[i]), 0, "Status %lu is none", status);
    is(GetLastError(), status, "the last error is Status %lu", status);
  }
}

static void ipv6_null(void) {
  SetLastError(MARK);
  is(Icmp6ParseReplies(NULL, 100), 0, "NULL holds no reply");
  is(GetLastError(), ERROR_GEN_FAILURE, "the last error of NULL");
  void *buffer = fresh_buffer(ROOM6(32));
  SetLastError(MARK);
  is(Icmp6ParseReplies(buffer, 0), 0, "size 0 holds no reply");
  is(GetLastError(), ERROR_GEN_FAILURE, "the last error of size 0");
}

const conformance_case parse_cases[] = {
    {"parse.counts", counts, NULL},
    {"parse.nothing_came", nothing_came, NULL},
    {"parse.errors_count", errors_count, NULL},
    {"parse.rest_is_kept", rest_is_kept, NULL},
    {"parse.null", null, NULL},
    {"parse.after_synchronous", after_synchronous, NULL},
    {"parse.ipv6_good", ipv6_good, NULL},
    {"parse.ipv6_errors", ipv6_errors, NULL},
    {"parse.ipv6_null", ipv6_null, NULL},
    {NULL, NULL, NULL},
};
