/* conformance.c: what the IcmpSendEcho family must do, said once and asked of two implementations.
 *
 * usage: conformance [--skip CASE]... [--only CASE]... [KEY=VALUE]...
 * A CASE that ends in * stands for all that begin so. Without arguments it sends to 127.0.0.1 and
 * ::1 alone. lab=1 adds the cases that need a network with routers, at the addresses of the other
 * keys, which conformance_lab4.c and conformance_lab6.c list; only inside a namespace.
 * Output: TAP. Exit code 1 when an assertion failed. */
#include "conformance.h"

#include <stdarg.h>
#ifndef _WIN32
#include <pthread.h>
#endif

static const conformance_case *const groups[] = {
    shape_cases, handle_cases, v4_cases,   refusal_cases, async_cases,  parse_cases,
    lab4_cases,  v6_cases,     lab6_cases, text_cases,    around_cases,
};

static const char *const *arguments;
static int argument_count;
static const char *current_case;
static unsigned assertions, failures;

unsigned char pattern[65536];
const char *const flavour_names[FLAVOURS] = {
    "IcmpSendEcho",
    "IcmpSendEcho2",
    "IcmpSendEcho2Ex",
    "IcmpSendEcho2 with event",
    "IcmpSendEcho2 with APC",
    "IcmpSendEcho2Ex with event",
    "IcmpSendEcho2Ex with APC",
};

static int report(int condition, const char *format, va_list values) {
  printf("%s %u - %s: ", condition ? "ok" : "not ok", ++assertions, current_case);
  vprintf(format, values);
  printf("\n");
  fflush(stdout);
  failures += condition ? 0 : 1;
  return condition;
}

int ok(int condition, const char *format, ...) {
  va_list values;
  va_start(values, format);
  report(condition, format, values);
  va_end(values);
  return condition;
}

int is(unsigned long got, unsigned long wanted, const char *format, ...) {
  va_list values;
  va_start(values, format);
  report(got == wanted, format, values);
  va_end(values);
  if (got != wanted) {
    printf("# got %lu (0x%lx), wanted %lu (0x%lx)\n", got, got, wanted, wanted);
  }
  return got == wanted;
}

int within(unsigned long got, unsigned long least, unsigned long most, const char *format, ...) {
  int good = got >= least && got <= most;
  va_list values;
  va_start(values, format);
  report(good, format, values);
  va_end(values);
  if (!good) {
    printf("# got %lu, wanted %lu to %lu\n", got, least, most);
  }
  return good;
}

const char *argument(const char *key) {
  size_t length = strlen(key);
  for (int i = 1; i < argument_count; ++i) {
    if (strncmp(arguments[i], key, length) == 0 && arguments[i][length] == '=') {
      return arguments[i] + length + 1;
    }
  }
  return NULL;
}

/* --- buffers and time ------------------------------------------------------------------------- */

enum { EDGE = 64, EDGE_BYTE = 0xa5, FRESH_BYTE = 0x5a };
static unsigned char *arena;
static DWORD arena_room;

void *fresh_buffer(DWORD size) {
  free(arena);
  arena = malloc((size_t)size + 2 * EDGE);
  if (arena == NULL) {
    printf("Bail out! no memory\n");
    exit(2);
  }
  memset(arena, EDGE_BYTE, (size_t)size + 2 * EDGE);
  memset(arena + EDGE, FRESH_BYTE, size);
  arena_room = size;
  return arena + EDGE;
}

static int all_bytes(const unsigned char *from, size_t count, int value) {
  for (size_t i = 0; i < count; ++i) {
    if (from[i] != value) {
      return 0;
    }
  }
  return 1;
}

int edges_intact(void) {
  return all_bytes(arena, EDGE, EDGE_BYTE) && all_bytes(arena + EDGE + arena_room, EDGE, EDGE_BYTE);
}

int untouched(void) { return edges_intact() && all_bytes(arena + EDGE, arena_room, FRESH_BYTE); }

ICMP_ECHO_REPLY *reply(void) { return (ICMP_ECHO_REPLY *)(void *)(arena + EDGE); }

ICMPV6_ECHO_REPLY *reply6(void) { return (ICMPV6_ECHO_REPLY *)(void *)(arena + EDGE); }

double milliseconds(void) {
  LARGE_INTEGER now, rate;
  QueryPerformanceCounter(&now);
  QueryPerformanceFrequency(&rate);
  return (double)now.QuadPart * 1000.0 / (double)rate.QuadPart;
}

/* --- threads ---------------------------------------------------------------------------------- */

typedef struct task {
  void (*work)(void *);
  void *context;
} task;

#ifdef _WIN32
unsigned long this_thread(void) { return GetCurrentThreadId(); }

static DWORD WINAPI run_task(LPVOID context) {
  task *one = context;
  one->work(one->context);
  return 0;
}

void in_threads(int count, void (*work)(void *), void *const *contexts) {
  HANDLE threads[MAX_THREADS];
  task tasks[MAX_THREADS];
  for (int i = 0; i < count; ++i) {
    tasks[i] = (task){work, contexts[i]};
    threads[i] = CreateThread(NULL, 0, run_task, &tasks[i], 0, NULL);
  }
  for (int i = 0; i < count; ++i) {
    WaitForSingleObject(threads[i], INFINITE);
    CloseHandle(threads[i]);
  }
}
#else
unsigned long this_thread(void) { return (unsigned long)pthread_self(); }

static void *run_task(void *context) {
  task *one = context;
  one->work(one->context);
  return NULL;
}

void in_threads(int count, void (*work)(void *), void *const *contexts) {
  pthread_t threads[MAX_THREADS];
  task tasks[MAX_THREADS];
  for (int i = 0; i < count; ++i) {
    tasks[i] = (task){work, contexts[i]};
    if (pthread_create(&threads[i], NULL, run_task, &tasks[i]) != 0) {
      printf("Bail out! no thread\n");
      exit(2);
    }
  }
  for (int i = 0; i < count; ++i) {
    pthread_join(threads[i], NULL);
  }
}
#endif

/* --- calls ------------------------------------------------------------------------------------ */

DWORD send_as(flavour how, HANDLE icmp, const request *what) {
  IPAddr target = inet_addr(what->target);
  IPAddr source = what->source == NULL ? INADDR_ANY : inet_addr(what->source);
  HANDLE event = how == EVENT || how == EX_EVENT ? what->event : NULL;
  PIO_APC_ROUTINE apc = how == APC || how == EX_APC ? what->apc : NULL;
  SetLastError(MARK);
  switch (how) {
    case SYNC:
      return IcmpSendEcho(icmp, target, what->data, what->size, what->options, what->buffer,
                          what->room, what->timeout);
    case SYNC2:
    case EVENT:
    case APC:
      return IcmpSendEcho2(icmp, event, apc, what->context, target, what->data, what->size,
                           what->options, what->buffer, what->room, what->timeout);
    default:
      return IcmpSendEcho2Ex(icmp, event, apc, what->context, source, target, what->data,
                             what->size, what->options, what->buffer, what->room, what->timeout);
  }
}

DWORD echo(HANDLE icmp, const char *target, WORD size, PIP_OPTION_INFORMATION options,
           DWORD timeout) {
  request what = {.target = target,
                  .data = pattern,
                  .size = size,
                  .options = options,
                  .room = ROOM(size),
                  .timeout = timeout};
  what.buffer = fresh_buffer(what.room);
  return send_as(SYNC, icmp, &what);
}

struct sockaddr_in6 address6(const char *text) {
  struct sockaddr_in6 address;
  memset(&address, 0, sizeof address);
  address.sin6_family = AF_INET6;
  if (inet_pton(AF_INET6, text, &address.sin6_addr) != 1) {
    printf("Bail out! %s is no IPv6 address\n", text);
    exit(2);
  }
  return address;
}

DWORD send6(HANDLE icmp, const request *what) {
  struct sockaddr_in6 target = address6(what->target);
  struct sockaddr_in6 source = address6(what->source == NULL ? "::" : what->source);
  SetLastError(MARK);
  return Icmp6SendEcho2(icmp, what->event, what->apc, what->context, &source, &target, what->data,
                        what->size, what->options, what->buffer, what->room, what->timeout);
}

int from6(const ICMPV6_ECHO_REPLY *got, const char *text) {
  struct sockaddr_in6 wanted = address6(text);
  return memcmp((const unsigned char *)got + 6, &wanted.sin6_addr, 16) == 0;
}

void WINAPI count_completion(PVOID context, PIO_STATUS_BLOCK io, ULONG reserved) {
  completion *done = context;
  (void)reserved;
  ++done->calls;
  done->status = (unsigned long)io->Status;
  done->information = (unsigned long)io->Information;
  done->thread = this_thread();
}

int await_completions(const completion *done, int calls) {
  double end = milliseconds() + 5000;
  while (done->calls < calls && milliseconds() < end) {
    SleepEx(1000, TRUE);
  }
  return done->calls == calls;
}

/* --- the run ---------------------------------------------------------------------------------- */

static int matches(const char *name, const char *wanted) {
  size_t length = strlen(wanted);
  if (length > 0 && wanted[length - 1] == '*') {
    return strncmp(name, wanted, length - 1) == 0;
  }
  return strcmp(name, wanted) == 0;
}

/* How often the option, followed by a CASE that matches, was given; `any` counts all of them. */
static int named(const char *option, const char *name, int *any) {
  int found = 0;
  for (int i = 1; i + 1 < argument_count; ++i) {
    if (strcmp(arguments[i], option) == 0) {
      ++*any;
      found += matches(name, arguments[i + 1]);
    }
  }
  return found;
}

static void run_case(const conformance_case *one) {
  int only = 0, skips = 0;
  int wanted = named("--only", one->name, &only);
  if (only > 0 && wanted == 0) {
    return;
  }
  if (named("--skip", one->name, &skips) > 0) {
    printf("ok %u - %s # SKIP as told\n", ++assertions, one->name);
  } else if (one->needs != NULL && argument(one->needs) == NULL) {
    printf("ok %u - %s # SKIP needs %s\n", ++assertions, one->name, one->needs);
  } else {
    current_case = one->name;
    printf("# %s\n", one->name);
    fflush(stdout);
    one->run();
  }
}

int main(int argc, char **argv) {
  WSADATA winsock;
  arguments = (const char *const *)argv;
  argument_count = argc;
  WSAStartup(MAKEWORD(2, 2), &winsock);
  for (unsigned i = 0; i < sizeof pattern; ++i) {
    pattern[i] = (unsigned char)((i * 7u) ^ (i >> 8) ^ 0x33u);
  }
  for (size_t group = 0; group < sizeof groups / sizeof *groups; ++group) {
    for (const conformance_case *one = groups[group]; one->name != NULL; ++one) {
      run_case(one);
    }
  }
  free(arena);
  printf("1..%u\n", assertions);
  fflush(stdout);
  WSACleanup();
  return failures == 0 ? 0 : 1;
}
