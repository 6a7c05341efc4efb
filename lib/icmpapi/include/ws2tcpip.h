/* ws2tcpip.h: name look-up and IPv6 addresses of Winsock, on POSIX: the system's getaddrinfo(3),
 * getnameinfo(3), inet_pton(3) and inet_ntop(3) under Windows' names too. */
#ifndef SONDE_WS2TCPIP_H
#define SONDE_WS2TCPIP_H

#include <winsock2.h>

typedef struct addrinfo ADDRINFOA, *PADDRINFOA;
#define InetPtonA inet_pton
#define InetNtopA inet_ntop
#ifndef UNICODE
typedef ADDRINFOA ADDRINFOT, *PADDRINFOT;
#define InetPton InetPtonA
#define InetNtop InetNtopA
#define GetAddrInfo getaddrinfo
#define FreeAddrInfo freeaddrinfo
#define GetNameInfo getnameinfo
#endif

#endif
