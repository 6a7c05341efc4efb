/* ws2tcpip.h: name look-up and IPv6 addresses of Winsock, on POSIX: the system's getaddrinfo(3),
 * getnameinfo(3), inet_pton(3) and inet_ntop(3) under Windows' names too. */
#ifndef SONDE_WS2TCPIP_H
#define SONDE_WS2TCPIP_H

#include <winsock2.h>

#ifndef AI_PASSIVE
/* A C standard was asked for alone (-std=c11), and netdb.h has left out what POSIX adds to it. */
#ifdef __cplusplus
extern "C" {
#endif
struct addrinfo {
  int ai_flags, ai_family, ai_socktype, ai_protocol;
  socklen_t ai_addrlen;
  struct sockaddr* ai_addr;
  char* ai_canonname;
  struct addrinfo* ai_next;
};
extern int getaddrinfo(const char* __restrict node, const char* __restrict service,
                       const struct addrinfo* __restrict hints,
                       struct addrinfo** __restrict result);
extern void freeaddrinfo(struct addrinfo* list);
extern const char* gai_strerror(int error);
extern int getnameinfo(const struct sockaddr* __restrict address, socklen_t length,
                       char* __restrict host, socklen_t host_size, char* __restrict service,
                       socklen_t service_size, int flags);
#ifdef __cplusplus
}
#endif
#define AI_PASSIVE 0x1
#define AI_CANONNAME 0x2
#define AI_NUMERICHOST 0x4
#define AI_NUMERICSERV 0x400
#define EAI_BADFLAGS (-1)
#define EAI_NONAME (-2)
#define EAI_AGAIN (-3)
#define EAI_FAIL (-4)
#define EAI_FAMILY (-6)
#define EAI_SOCKTYPE (-7)
#define EAI_SERVICE (-8)
#define EAI_MEMORY (-10)
#define NI_NUMERICHOST 1
#define NI_NUMERICSERV 2
#define NI_NOFQDN 4
#define NI_NAMEREQD 8
#define NI_DGRAM 16
#endif
#ifndef NI_MAXHOST
#define NI_MAXHOST 1025
#define NI_MAXSERV 32
#endif

typedef struct addrinfo ADDRINFOA, *PADDRINFOA;
typedef ADDRINFOA ADDRINFO, *LPADDRINFO;
#define GetAddrInfoA getaddrinfo
#define FreeAddrInfoA freeaddrinfo
#define GetNameInfoA getnameinfo
#define gai_strerrorA gai_strerror
#define InetPtonA inet_pton
#define InetNtopA inet_ntop
#ifndef UNICODE
typedef ADDRINFOA ADDRINFOT, *PADDRINFOT;
#define InetPton InetPtonA
#define InetNtop InetNtopA
#define GetAddrInfo GetAddrInfoA
#define FreeAddrInfo FreeAddrInfoA
#define GetNameInfo GetNameInfoA
#endif

#endif
