/* sonde_in6.h: the end of winsock2.h, which alone includes it: questions to IPv6 addresses, as
 * functions. The system's macros of the same names ask for members that struct in6_addr of
 * winsock2.h calls otherwise. */
#ifndef SONDE_IN6_H
#define SONDE_IN6_H

#undef IN6_IS_ADDR_UNSPECIFIED
#undef IN6_IS_ADDR_LOOPBACK
#undef IN6_IS_ADDR_MULTICAST
#undef IN6_IS_ADDR_LINKLOCAL
#undef IN6_IS_ADDR_SITELOCAL
#undef IN6_IS_ADDR_V4MAPPED
#undef IN6_IS_ADDR_V4COMPAT
#undef IN6_IS_ADDR_MC_NODELOCAL
#undef IN6_IS_ADDR_MC_LINKLOCAL
#undef IN6_IS_ADDR_MC_SITELOCAL
#undef IN6_IS_ADDR_MC_ORGLOCAL
#undef IN6_IS_ADDR_MC_GLOBAL
#undef IN6_ARE_ADDR_EQUAL

#ifdef __cplusplus
extern "C" {
#endif

/* Each returns 0 or 1. */
static inline int IN6_ADDR_EQUAL(const IN6_ADDR* a, const IN6_ADDR* b) {
  return memcmp(a, b, sizeof *a) == 0;
}

static inline int sonde_in6_starts(const IN6_ADDR* a, const char* prefix, size_t length) {
  return memcmp(a, prefix, length) == 0;
}
/* Where it is that of a multicast address. */
static inline int sonde_in6_scope(const IN6_ADDR* a) {
  return a->u.Byte[0] == 0xff ? a->u.Byte[1] & 0xf : -1;
}

static inline int IN6_IS_ADDR_UNSPECIFIED(const IN6_ADDR* a) {
  return sonde_in6_starts(a, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16);
}
static inline int IN6_IS_ADDR_LOOPBACK(const IN6_ADDR* a) {
  return sonde_in6_starts(a, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1", 16);
}
/* ff00::/8 */
static inline int IN6_IS_ADDR_MULTICAST(const IN6_ADDR* a) { return a->u.Byte[0] == 0xff; }
/* fe80::/10 */
static inline int IN6_IS_ADDR_LINKLOCAL(const IN6_ADDR* a) {
  return a->u.Byte[0] == 0xfe && (a->u.Byte[1] & 0xc0) == 0x80;
}
/* fec0::/10 */
static inline int IN6_IS_ADDR_SITELOCAL(const IN6_ADDR* a) {
  return a->u.Byte[0] == 0xfe && (a->u.Byte[1] & 0xc0) == 0xc0;
}
/* ::ffff:0:0/96 */
static inline int IN6_IS_ADDR_V4MAPPED(const IN6_ADDR* a) {
  return sonde_in6_starts(a, "\0\0\0\0\0\0\0\0\0\0\377\377", 12);
}
/* ::/96, but neither :: nor ::1 */
static inline int IN6_IS_ADDR_V4COMPAT(const IN6_ADDR* a) {
  return sonde_in6_starts(a, "\0\0\0\0\0\0\0\0\0\0\0", 12) && !IN6_IS_ADDR_UNSPECIFIED(a) &&
         !IN6_IS_ADDR_LOOPBACK(a);
}
static inline int IN6_IS_ADDR_MC_NODELOCAL(const IN6_ADDR* a) { return sonde_in6_scope(a) == 0x1; }
static inline int IN6_IS_ADDR_MC_LINKLOCAL(const IN6_ADDR* a) { return sonde_in6_scope(a) == 0x2; }
static inline int IN6_IS_ADDR_MC_SITELOCAL(const IN6_ADDR* a) { return sonde_in6_scope(a) == 0x5; }
static inline int IN6_IS_ADDR_MC_ORGLOCAL(const IN6_ADDR* a) { return sonde_in6_scope(a) == 0x8; }
static inline int IN6_IS_ADDR_MC_GLOBAL(const IN6_ADDR* a) { return sonde_in6_scope(a) == 0xe; }

static inline int IN6ADDR_ISANY(const SOCKADDR_IN6* a) {
  return a->sin6_family == AF_INET6 && IN6_IS_ADDR_UNSPECIFIED(&a->sin6_addr);
}
static inline int IN6ADDR_ISLOOPBACK(const SOCKADDR_IN6* a) {
  return a->sin6_family == AF_INET6 && IN6_IS_ADDR_LOOPBACK(&a->sin6_addr);
}
static inline void IN6_SET_ADDR_UNSPECIFIED(IN6_ADDR* a) { memset(a, 0, sizeof *a); }
static inline void IN6_SET_ADDR_LOOPBACK(IN6_ADDR* a) {
  IN6_SET_ADDR_UNSPECIFIED(a);
  a->u.Byte[15] = 1;
}
static inline void IN6ADDR_SETANY(SOCKADDR_IN6* a) {
  memset(a, 0, sizeof *a);
  a->sin6_family = AF_INET6;
}
static inline void IN6ADDR_SETLOOPBACK(SOCKADDR_IN6* a) {
  IN6ADDR_SETANY(a);
  IN6_SET_ADDR_LOOPBACK(&a->sin6_addr);
}

#ifdef __cplusplus
}
#endif

/* For programs that ask with #ifdef, as POSIX has them. */
#define IN6_IS_ADDR_UNSPECIFIED IN6_IS_ADDR_UNSPECIFIED
#define IN6_IS_ADDR_LOOPBACK IN6_IS_ADDR_LOOPBACK
#define IN6_IS_ADDR_MULTICAST IN6_IS_ADDR_MULTICAST
#define IN6_IS_ADDR_LINKLOCAL IN6_IS_ADDR_LINKLOCAL
#define IN6_IS_ADDR_SITELOCAL IN6_IS_ADDR_SITELOCAL
#define IN6_IS_ADDR_V4MAPPED IN6_IS_ADDR_V4MAPPED
#define IN6_IS_ADDR_V4COMPAT IN6_IS_ADDR_V4COMPAT
#define IN6_IS_ADDR_MC_NODELOCAL IN6_IS_ADDR_MC_NODELOCAL
#define IN6_IS_ADDR_MC_LINKLOCAL IN6_IS_ADDR_MC_LINKLOCAL
#define IN6_IS_ADDR_MC_SITELOCAL IN6_IS_ADDR_MC_SITELOCAL
#define IN6_IS_ADDR_MC_ORGLOCAL IN6_IS_ADDR_MC_ORGLOCAL
#define IN6_IS_ADDR_MC_GLOBAL IN6_IS_ADDR_MC_GLOBAL
#define IN6_ARE_ADDR_EQUAL IN6_ADDR_EQUAL

#endif
