/* conformance.h: what the parts of the conformance program share: the headers of the family, the
 * assertions (TAP lines), the arguments, and reply buffers with watched edges.
 *
 * The same source is compiled against the project's headers and, with mingw-w64, for Windows. */
#ifndef SONDE_TESTS_ICMPAPI_CONFORMANCE_H
#define SONDE_TESTS_ICMPAPI_CONFORMANCE_H

#define PIO_APC_ROUTINE_DEFINED
// clang-format off: Windows' headers must be included in this order
#include <winsock2.h>
#include <ws2tcpip.h>
#include <windows.h>
#include <winternl.h>
#include <iphlpapi.h>
#include <icmpapi.h>
// clang-format on
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#ifdef __MINGW32__
/* What mingw-w64 10 leaves out of its headers, though its import library has the functions; and the
 * IPv6 structures, which it does not pack, as Microsoft's headers and Windows itself do. */
#define IP_FLAG_REVERSE 1
#pragma pack(push, 1)
typedef struct packed_ipv6_address {
  USHORT sin6_port;
  ULONG sin6_flowinfo;
  USHORT sin6_addr[8];
  ULONG sin6_scope_id;
} packed_ipv6_address;
#pragma pack(pop)
typedef struct icmpv6_echo_reply_lh {
  packed_ipv6_address Address;
  ULONG Status;
  unsigned int RoundTripTime;
} ICMPV6_ECHO_REPLY_LH, ICMPV6_ECHO_REPLY, *PICMPV6_ECHO_REPLY;
DWORD WINAPI IcmpSendEcho2Ex(HANDLE, HANDLE, PIO_APC_ROUTINE, PVOID, IPAddr, IPAddr, LPVOID, WORD,
                             PIP_OPTION_INFORMATION, LPVOID, DWORD, DWORD);
DWORD WINAPI GetIpErrorString(IP_STATUS, PWSTR, PDWORD);
#endif

/* --- assertions ------------------------------------------------------------------------------- */

/* One line each, "ok N - case: text" or "not ok N - case: text"; the text is printf's. */
int ok(int condition, const char *format, ...);
/* The same for two numbers, which are shown when they differ. */
int is(unsigned long got, unsigned long wanted, const char *format, ...);
int within(unsigned long got, unsigned long least, unsigned long most, const char *format, ...);

/* A case: its name, what it does, and the argument that it needs ("lab", or NULL for none). Without
 * that argument it is one line "ok N - case # SKIP". */
typedef struct conformance_case {
  const char *name;
  void (*run)(void);
  const char *needs;
} conformance_case;
extern const conformance_case shape_cases[], handle_cases[], v4_cases[], refusal_cases[],
    async_cases[], parse_cases[], lab4_cases[], lab6_cases[], v6_cases[], text_cases[],
    around_cases[];

/* The value of the argument "key=value", or NULL. */
const char *argument(const char *key);

/* --- calls ------------------------------------------------------------------------------------ */

#define MARK 54321u /* a last error that nobody sets */
#define ROOM(n) ((DWORD)(sizeof(ICMP_ECHO_REPLY) + (n) + 8))
#define ROOM6(n) ((DWORD)(sizeof(ICMPV6_ECHO_REPLY) + (n) + 8))
#define LONG_ENOUGH 3000 /* ms: for what comes at once */

/* 65,536 bytes, no two runs of four alike. */
extern unsigned char pattern[65536];

/* A reply buffer of `size` bytes, filled with 0x5a, between edges that edges_intact() looks at. */
void *fresh_buffer(DWORD size);
int edges_intact(void);
/* No byte of the buffer has been written either. */
int untouched(void);

/* Milliseconds since some moment. */
double milliseconds(void);

/* Threads, which are no part of what is tested: Windows' own, or POSIX's. */
unsigned long this_thread(void);
/* Runs `work` in `count` threads at once, each with its element of `contexts`; waits for all. */
enum { MAX_THREADS = 16 };
void in_threads(int count, void (*work)(void *), void *const *contexts);

typedef enum flavour { SYNC, SYNC2, SYNC2EX, EVENT, APC, EX_EVENT, EX_APC, FLAVOURS } flavour;
extern const char *const flavour_names[FLAVOURS];

typedef struct request {
  const char *target;
  const char *source; /* NULL: any */
  void *data;
  WORD size;
  PIP_OPTION_INFORMATION options;
  void *buffer;
  DWORD room;
  DWORD timeout;
  HANDLE event;
  PIO_APC_ROUTINE apc;
  void *context;
} request;

/* Sets the last error to MARK, then calls IcmpSendEcho, ...2 or ...2Ex with what the request says.
 */
DWORD send_as(flavour how, HANDLE icmp, const request *what);
/* IcmpSendEcho with the first `size` bytes of the pattern and a fresh buffer with room for them. */
DWORD echo(HANDLE icmp, const char *target, WORD size, PIP_OPTION_INFORMATION options,
           DWORD timeout);
/* The reply in the buffer that fresh_buffer() gave last. */
ICMP_ECHO_REPLY *reply(void);
ICMPV6_ECHO_REPLY *reply6(void);

/* Icmp6SendEcho2, as send_as(): addresses are IPv6 text. */
DWORD send6(HANDLE icmp, const request *what);
struct sockaddr_in6 address6(const char *text);
/* The responder of an IPv6 reply is this address. */
int from6(const ICMPV6_ECHO_REPLY *reply, const char *text);

/* What the counting APC saw. */
typedef struct completion {
  int calls;
  unsigned long status;
  unsigned long information;
  unsigned long thread;
} completion;
void WINAPI count_completion(PVOID context, PIO_STATUS_BLOCK io, ULONG reserved);
/* Sleeps alertably until `done` saw `calls` completions, or 5 s are over. */
int await_completions(const completion *done, int calls);

#endif
