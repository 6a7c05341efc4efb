/* winsock2.h: addresses, byte order and start-up of Winsock, on POSIX.
 * struct in_addr, in6_addr, sockaddr_in and sockaddr_in6 are the system's under other member names
 * (S_un.S_addr, u.Byte): the same bytes, so they pass through the system's functions. The macros
 * below stand behind the system's own headers, which are included first for that reason. */
#ifndef SONDE_WINSOCK2_H
#define SONDE_WINSOCK2_H

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <windows.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SONDE_SAME_BYTES __attribute__((may_alias))

struct SONDE_SAME_BYTES sonde_in_addr {
  union {
    struct {
      UCHAR s_b1, s_b2, s_b3, s_b4;
    } S_un_b;
    struct {
      USHORT s_w1, s_w2;
    } S_un_w;
    ULONG S_addr;
  } S_un;
};

struct SONDE_SAME_BYTES sonde_sockaddr_in {
  sa_family_t sin_family;
  USHORT sin_port;
  struct sonde_in_addr sin_addr;
  CHAR sin_zero[8];
};

struct SONDE_SAME_BYTES sonde_in6_addr {
  union {
    UCHAR Byte[16];
    USHORT Word[8];
    ULONG sonde_align;
  } u;
};

struct SONDE_SAME_BYTES sonde_sockaddr_in6 {
  sa_family_t sin6_family;
  USHORT sin6_port;
  ULONG sin6_flowinfo;
  struct sonde_in6_addr sin6_addr;
  ULONG sin6_scope_id;
};

/* The text stays valid until this thread's next call. */
static inline char* sonde_inet_ntoa(struct sonde_in_addr address) {
  struct in_addr same;
  same.s_addr = address.S_un.S_addr;
  return inet_ntoa(same);
}

#define in_addr sonde_in_addr
#define in6_addr sonde_in6_addr
#define sockaddr_in sonde_sockaddr_in
#define sockaddr_in6 sonde_sockaddr_in6
#define inet_ntoa sonde_inet_ntoa
#define in6addr_any (*(const struct sonde_in6_addr*)&in6addr_any)
#define in6addr_loopback (*(const struct sonde_in6_addr*)&in6addr_loopback)
#undef s_addr
#define s_addr S_un.S_addr
#undef s6_addr
#define s6_addr u.Byte
#undef s6_addr16
#undef s6_addr32
#undef s6_bytes
#define s6_bytes u.Byte
#undef s6_words
#define s6_words u.Word
/* 32 bits on Windows. */
#define u_long ULONG

typedef struct sonde_in_addr IN_ADDR, *PIN_ADDR, *LPIN_ADDR;
typedef struct sonde_in6_addr IN6_ADDR, *PIN6_ADDR, *LPIN6_ADDR;
typedef struct sonde_sockaddr_in SOCKADDR_IN, *PSOCKADDR_IN, *LPSOCKADDR_IN;
typedef struct sonde_sockaddr_in6 SOCKADDR_IN6, *PSOCKADDR_IN6, *LPSOCKADDR_IN6;
typedef struct sockaddr SOCKADDR, *PSOCKADDR, *LPSOCKADDR;
typedef struct sockaddr_storage SOCKADDR_STORAGE, *PSOCKADDR_STORAGE;
typedef struct hostent HOSTENT, *PHOSTENT, *LPHOSTENT;
typedef sa_family_t ADDRESS_FAMILY;

typedef UINT_PTR SOCKET;
#define INVALID_SOCKET ((SOCKET)(~0))
#define SOCKET_ERROR (-1)

#define WSADESCRIPTION_LEN 256
#define WSASYS_STATUS_LEN 128
typedef struct WSAData {
  WORD wVersion;
  WORD wHighVersion;
  unsigned short iMaxSockets;
  unsigned short iMaxUdpDg;
  char* lpVendorInfo;
  char szDescription[WSADESCRIPTION_LEN + 1];
  char szSystemStatus[WSASYS_STATUS_LEN + 1];
} WSADATA, *LPWSADATA;

/* 0, or the error: WSAVERNOTSUPPORTED for a version below 1.0, WSAEFAULT without `lpWSAData`. */
SONDE_ICMPAPI int WINAPI WSAStartup(WORD wVersionRequested, LPWSADATA lpWSAData);
/* 0; SOCKET_ERROR with WSANOTINITIALISED when there was no WSAStartup() to undo. */
SONDE_ICMPAPI int WINAPI WSACleanup(void);
/* The thread's last error, under another name. */
SONDE_ICMPAPI int WINAPI WSAGetLastError(void);
SONDE_ICMPAPI void WINAPI WSASetLastError(int iError);

#define WSAEINTR 10004
#define WSAEACCES 10013
#define WSAEFAULT 10014
#define WSAEINVAL 10022
#define WSAEMSGSIZE 10040
#define WSAENETUNREACH 10051
#define WSAETIMEDOUT 10060
#define WSAEHOSTUNREACH 10065
#define WSASYSNOTREADY 10091
#define WSAVERNOTSUPPORTED 10092
#define WSANOTINITIALISED 10093
#define WSAHOST_NOT_FOUND 11001
#define WSATRY_AGAIN 11002
#define WSANO_RECOVERY 11003
#define WSANO_DATA 11004

#ifdef __cplusplus
}
#endif

#include <sonde_in6.h>

#endif
