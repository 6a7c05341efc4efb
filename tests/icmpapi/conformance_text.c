/* conformance_text.c: GetIpErrorString and FormatMessage: presence, difference and sizes, for the
 * wording is the system's. */
#include "conformance.h"

enum { TEXT = 512 };

static void each_status(void) {
  static const IP_STATUS all[] = {
      IP_BUF_TOO_SMALL,
      IP_DEST_NET_UNREACHABLE,
      IP_DEST_HOST_UNREACHABLE,
      IP_DEST_PROT_UNREACHABLE,
      IP_DEST_PORT_UNREACHABLE,
      IP_NO_RESOURCES,
      IP_BAD_OPTION,
      IP_HW_ERROR,
      IP_PACKET_TOO_BIG,
      IP_REQ_TIMED_OUT,
      IP_BAD_REQ,
      IP_BAD_ROUTE,
      IP_TTL_EXPIRED_TRANSIT,
      IP_TTL_EXPIRED_REASSEM,
      IP_PARAM_PROBLEM,
      IP_SOURCE_QUENCH,
      IP_OPTION_TOO_BIG,
      IP_BAD_DESTINATION,
      IP_GENERAL_FAILURE,
  };
  enum { COUNT = sizeof all / sizeof *all };
  static WCHAR texts[COUNT][TEXT];
  for (int i = 0; i < COUNT; ++i) {
    DWORD size = TEXT - 1;
    unsigned long status = all[i];
    is(GetIpErrorString(all[i], texts[i], &size), NO_ERROR, "%lu has a text", status);
    ok(texts[i][0] != 0 && size > 0 && size < TEXT, "the text of %lu is not empty", status);
    int same = 0;
    for (int j = 0; j < i; ++j) {
      same += wcscmp(texts[i], texts[j]) == 0;
    }
    is((unsigned long)same, 0, "the text of %lu is its own", status);
  }
}

static void sizes(void) {
  WCHAR text[TEXT], exact[TEXT];
  DWORD size = TEXT - 1, needed = 0;
  is(GetIpErrorString(IP_REQ_TIMED_OUT, text, &size), NO_ERROR, "a buffer that is long enough");
  size_t length = wcslen(text);
  is(GetIpErrorString(IP_REQ_TIMED_OUT, NULL, &needed), ERROR_INSUFFICIENT_BUFFER, "no buffer");
  ok(needed >= length, "Size is what is needed");
  size = needed;
  memset(exact, 0x7f, sizeof exact);
  is(GetIpErrorString(IP_REQ_TIMED_OUT, exact, &size), NO_ERROR, "exactly that size");
  ok(wcscmp(exact, text) == 0, "holds the same text");
  size = 3;
  memset(exact, 0x7f, sizeof exact);
  is(GetIpErrorString(IP_REQ_TIMED_OUT, exact, &size), ERROR_INSUFFICIENT_BUFFER, "3 characters");
  is(size, needed, "Size is what is needed");
  WCHAR untouched[TEXT];
  memset(untouched, 0x7f, sizeof untouched);
  ok(memcmp(exact + 4, untouched, sizeof exact - 4 * sizeof *exact) == 0,
     "nothing was written outside the buffer");
  size = 0;
  is(GetIpErrorString(IP_REQ_TIMED_OUT, exact, &size), ERROR_INSUFFICIENT_BUFFER, "size 0");
  SetLastError(MARK);
  GetIpErrorString(IP_REQ_TIMED_OUT, NULL, &needed);
  is(GetLastError(), MARK, "errors are returned, the last error is not touched");
}

static void messages(void) {
  static const DWORD all[] = {ERROR_ACCESS_DENIED,       ERROR_INVALID_HANDLE,
                              ERROR_INVALID_PARAMETER,   ERROR_NOT_SUPPORTED,
                              ERROR_INSUFFICIENT_BUFFER, ERROR_IO_PENDING,
                              ERROR_INVALID_NETNAME,     IP_REQ_TIMED_OUT,
                              IP_TTL_EXPIRED_TRANSIT,    IP_DEST_HOST_UNREACHABLE};
  enum { COUNT = sizeof all / sizeof *all };
  static char texts[COUNT][TEXT];
  for (int i = 0; i < COUNT; ++i) {
    unsigned long code = all[i];
    DWORD length = FormatMessageA(FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS, NULL,
                                  all[i], 0, texts[i], TEXT, NULL);
    ok(length > 2 && length == strlen(texts[i]), "%lu has a message", code);
    ok(length > 2 && strcmp(texts[i] + length - 2, "\r\n") == 0, "that of %lu ends its line", code);
    int same = 0;
    for (int j = 0; j < i; ++j) {
      same += strcmp(texts[i], texts[j]) == 0;
    }
    is((unsigned long)same, 0, "that of %lu is its own", code);
  }
}

/* Where Windows would speak of Winsock's errors, which have these numbers too. */
static void messages_of_status(void) {
  static const DWORD all[] = {IP_BUF_TOO_SMALL, IP_DEST_NET_UNREACHABLE, IP_REQ_TIMED_OUT,
                              IP_TTL_EXPIRED_TRANSIT, IP_GENERAL_FAILURE};
  for (size_t i = 0; i < sizeof all / sizeof *all; ++i) {
    WCHAR text[TEXT], said[TEXT] = {0};
    unsigned long code = all[i];
    DWORD size = TEXT - 1;
    is(GetIpErrorString(all[i], text, &size), NO_ERROR, "%lu has a text", code);
    DWORD length = FormatMessageW(FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS, NULL,
                                  all[i], 0, said, TEXT, NULL);
    ok(length == wcslen(text) + 2 && wcsncmp(said, text, length - 2) == 0,
       "FormatMessage says of %lu what GetIpErrorString says", code);
  }
}

static void message_sizes(void) {
  char text[TEXT], *made = NULL;
  WCHAR wide[TEXT];
  const DWORD from_system = FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS;
  DWORD length = FormatMessageA(from_system, NULL, ERROR_INVALID_HANDLE, 0, text, TEXT, NULL);
  is(FormatMessageW(from_system, NULL, ERROR_INVALID_HANDLE, 0, wide, TEXT, NULL), length,
     "FormatMessageW is as long");
  is(wide[0], (unsigned char)text[0], "and says the same");
  is(FormatMessageA(from_system | FORMAT_MESSAGE_ALLOCATE_BUFFER, NULL, ERROR_INVALID_HANDLE, 0,
                    (LPSTR)&made, 0, NULL),
     length, "FORMAT_MESSAGE_ALLOCATE_BUFFER");
  ok(made != NULL && strcmp(made, text) == 0, "the same text");
  ok(LocalFree(made) == NULL, "LocalFree frees it");
  SetLastError(MARK);
  is(FormatMessageA(from_system, NULL, ERROR_INVALID_HANDLE, 0, text, 4, NULL), 0, "4 characters");
  is(GetLastError(), ERROR_INSUFFICIENT_BUFFER, "its last error");
  SetLastError(MARK);
  is(FormatMessageA(from_system, NULL, 0x2abcdef, 0, text, TEXT, NULL), 0, "a code of nobody");
  is(GetLastError(), 317, "its last error is ERROR_MR_MID_NOT_FOUND");
}

/* Programs that look at the pointer alone must find NULL there. */
static void message_not_made(void) {
  char *made = (char *)1;
  WCHAR *wide = (WCHAR *)1;
  const DWORD allocate = FORMAT_MESSAGE_ALLOCATE_BUFFER | FORMAT_MESSAGE_IGNORE_INSERTS;
  SetLastError(MARK);
  is(FormatMessageA(allocate | FORMAT_MESSAGE_FROM_SYSTEM, NULL, 0x2abcdef, 0, (LPSTR)&made, 0,
                    NULL),
     0, "no message to allocate");
  is(GetLastError(), 317, "its last error is ERROR_MR_MID_NOT_FOUND");
  ok(made == NULL, "FormatMessageA makes the pointer NULL");
  is(FormatMessageW(allocate | FORMAT_MESSAGE_FROM_SYSTEM, NULL, 0x2abcdef, 0, (LPWSTR)&wide, 0,
                    NULL),
     0, "no wide message to allocate");
  ok(wide == NULL, "FormatMessageW makes the pointer NULL");
  made = (char *)1;
  SetLastError(MARK);
  is(FormatMessageA(allocate, NULL, ERROR_INVALID_HANDLE, 0, (LPSTR)&made, 0, NULL), 0,
     "no source of messages");
  is(GetLastError(), ERROR_INVALID_PARAMETER, "its last error");
  ok(made == NULL, "the pointer is NULL then too");
}

const conformance_case text_cases[] = {
    {"text.GetIpErrorString", each_status, NULL},
    {"text.sizes", sizes, NULL},
    {"text.FormatMessage", messages, NULL},
    {"text.FormatMessage_of_status", messages_of_status, NULL},
    {"text.FormatMessage_sizes", message_sizes, NULL},
    {"text.FormatMessage_fails", message_not_made, NULL},
    {NULL, NULL, NULL},
};
